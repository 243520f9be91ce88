namespace OnnxPipeline.Ir;

/// <summary>
/// One dimension of a <see cref="Shape"/>: a number, a name that stands for the same unknown number wherever it occurs
/// (<c>batch</c>, or an expression of names that shape inference wrote, such as <c>batch*12</c>), or unknown.
/// </summary>
public readonly record struct Dim
{
    private static long _fresh;

    private readonly long _value;

    private Dim(long value, string? symbol, bool known)
    {
        _value = value;
        Symbol = symbol;
        IsKnown = known;
    }

    /// <summary>Nothing is known; two unknown dimensions are equal as values here but never known to be the same size: see <see cref="IsSameAs"/>.</summary>
    public static Dim Unknown => default;

    /// <summary>Whether this is a number.</summary>
    public bool IsKnown { get; }

    /// <summary>The name, null for a number and for an unknown dimension.</summary>
    public string? Symbol { get; }

    /// <summary>The number.</summary>
    /// <exception cref="InvalidOperationException">The dimension is not a number.</exception>
    public long Value => IsKnown ? _value : throw new InvalidOperationException($"Dimension {this} is not a number.");

    /// <summary>
    /// A name of its own for a dimension of which nothing else is known, so that values that share it are known to have the same size.
    /// Such names (<see cref="IsFresh"/>) are not written to files.
    /// </summary>
    public static Dim Fresh() => new(0, $"?{Interlocked.Increment(ref _fresh)}", false);

    /// <summary>Whether the name came from <see cref="Fresh"/> (or from an expression of such names) and means nothing outside this process.</summary>
    public bool IsFresh => Symbol is not null && Symbol.Contains('?');

    public static Dim Named(string symbol) => new(0, symbol, false);

    public static Dim Of(long value) => new(value, null, true);

    public static implicit operator Dim(long value) => Of(value);

    public static implicit operator Dim(string symbol) => Named(symbol);

    /// <summary>Whether this is the number <paramref name="value"/>.</summary>
    public bool Is(long value) => IsKnown && _value == value;

    /// <summary>Whether both are certain to have the same size: equal numbers or equal names.</summary>
    public bool IsSameAs(Dim other) => IsKnown ? other.Is(_value) : Symbol is not null && Symbol == other.Symbol;

    public override string ToString() => IsKnown ? _value.ToString() : Symbol ?? "?";
}
