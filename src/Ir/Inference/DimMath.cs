using System.Globalization;

namespace OnnxPipeline.Ir.Inference;

/// <summary>
/// Arithmetic on dimensions. A result that is no number is an expression symbol in one normal form (a polynomial: <c>past + seq</c>,
/// <c>batch*12</c>, <c>floor(h/2)</c>), so that the same size computed on two ways has the same name. An operand that is unknown gives unknown.
/// </summary>
internal static class DimMath
{
    /// <summary>Longer names say nothing any more; their dimension becomes unknown, which bounds the cost of inference.</summary>
    private const int LongestSymbol = 160;

    public static Dim Add(Dim a, Dim b) => a.Is(0) ? b : b.Is(0) ? a : Combine(a, b, (x, y) => x + y, (x, y) => Polynomial.Sum(x, y, 1));

    public static Dim Sub(Dim a, Dim b) => b.Is(0) ? a : a.IsSameAs(b) ? 0 : Combine(a, b, (x, y) => x - y, (x, y) => Polynomial.Sum(x, y, -1));

    public static Dim Mul(Dim a, Dim b) => a.Is(0) || b.Is(0) ? 0 : a.Is(1) ? b : b.Is(1) ? a : Combine(a, b, (x, y) => x * y, Polynomial.Product);

    public static Dim Product(IEnumerable<Dim> dims) => dims.Aggregate((Dim)1, Mul);

    /// <summary>The quotient rounded towards −∞.</summary>
    public static Dim Div(Dim a, Dim b)
    {
        if (b.Is(1))
        {
            return a;
        }

        if (a.IsKnown && b.IsKnown)
        {
            return b.Value == 0 ? Dim.Unknown : FloorDiv(a.Value, b.Value);
        }

        if (a.IsSameAs(b))
        {
            return 1;
        }

        if (IsNothing(a) || IsNothing(b))
        {
            return Dim.Unknown;
        }

        return Polynomial.Quotient(Polynomial.Of(a), Polynomial.Of(b)) is { } exact ? exact.ToDim(LongestSymbol) : Call("floor", $"{Factor(a)}/{Factor(b)}");
    }

    /// <summary>The size to which two dimensions are broadcast; null where they cannot be.</summary>
    public static Dim? Broadcast(Dim a, Dim b)
    {
        if (a.IsSameAs(b) || b.Is(1))
        {
            return a;
        }

        if (a.Is(1))
        {
            return b;
        }

        if (a.IsKnown && b.IsKnown)
        {
            return null;
        }

        // A number that is not 1 decides: the other one is equal or 1.
        if (a.IsKnown || IsClampOf(b, a))
        {
            return a;
        }

        if (b.IsKnown || IsClampOf(a, b))
        {
            return b;
        }

        if (IsNothing(a) || IsNothing(b))
        {
            return Dim.Unknown;
        }

        if (Sub(a, b).Is(0))
        {
            return a; // a name that an input declares need not be in normal form
        }

        var names = new[] { a.Symbol!, b.Symbol! }.Order(StringComparer.Ordinal);
        return Call("broadcast", string.Join(", ", names));
    }

    /// <summary><paramref name="length"/>, or less where it does not fit into <paramref name="size"/>.</summary>
    public static Dim Clamp(Dim length, Dim size) =>
        length.IsKnown && size.IsKnown ? Math.Clamp(length.Value, 0, size.Value)
        : length.IsSameAs(size) || length.Is(0) || length.Is(1) ? length
        : IsNothing(length) || IsNothing(size) ? Dim.Unknown
        : Call("clamp", $"{length}, {size}");

    /// <summary>Whether the dimension is a name that an input declares, not an expression and not one that inference made up.</summary>
    public static bool IsPlain(Dim dim) => dim.Symbol is { } symbol && !dim.IsFresh && symbol.AsSpan().IndexOfAny("+*(/") < 0 && !symbol.Contains(" - ");

    /// <summary>Whether the dimension cannot be negative; a difference of names can.</summary>
    public static bool IsNatural(Dim dim) => dim.IsKnown ? dim.Value >= 0 : dim.Symbol is { } symbol && !symbol.Contains('-');

    /// <summary>Neither number nor name.</summary>
    public static bool IsNothing(Dim dim) => !dim.IsKnown && dim.Symbol is null;

    /// <summary>As a run computes it: the lowest number stays what it is.</summary>
    public static long Abs(long a) => a < 0 ? -a : a;

    /// <summary>Rounded towards 0; the lowest number divided by −1 stays what it is, where .NET throws.</summary>
    public static long Quotient(long a, long b) => b == -1 ? -a : a / b;

    /// <summary>Rounded towards −∞, likewise.</summary>
    public static long FloorDiv(long a, long b) => b == -1 ? -a : (a / b) - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);

    private static bool IsClampOf(Dim clamped, Dim length) => clamped.Symbol is { } symbol && symbol.StartsWith($"clamp({length}, ", StringComparison.Ordinal);

    private static Dim Combine(Dim a, Dim b, Func<long, long, long> numbers, Func<Polynomial, Polynomial, Polynomial?> symbols) =>
        a.IsKnown && b.IsKnown ? numbers(a.Value, b.Value)
        : IsNothing(a) || IsNothing(b) ? Dim.Unknown
        : symbols(Polynomial.Of(a), Polynomial.Of(b))?.ToDim(LongestSymbol) ?? Dim.Unknown;

    private static string Factor(Dim dim) => dim.IsKnown ? dim.Value.ToString(CultureInfo.InvariantCulture) : Polynomial.Parenthesized(dim.Symbol!);

    private static Dim Call(string function, string arguments)
    {
        var symbol = $"{function}({arguments})";
        return symbol.Length > LongestSymbol ? Dim.Unknown : symbol;
    }
}
