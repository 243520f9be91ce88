namespace OnnxPipeline.Text;

/// <summary>
/// Blocks of a text for causal language modelling: input ids t … t + N − 1 with labels t + 1 … t + N. The blocks of an epoch follow one another
/// without overlap; where they begin is drawn anew for each epoch of training, so that over several epochs every position is seen with every
/// length of context. What is at the ends and does not fill a block is left out. Order within an epoch is the reader's (<see cref="DataOrder"/>); there is no state.
/// </summary>
public sealed class CausalBlocks
{
    private readonly TokenPart _part;
    private readonly long? _seed;
    private readonly long _slack;
    private Shift _shift = new(-1, 0);

    private CausalBlocks(TokenPart part, int length, long? seed, string what)
    {
        if (part.Length <= length)
        {
            throw new TextException($"{what} has {part.Length} tokens; a block of {length} needs {length + 1L} (its labels are one token on). Give more text or a smaller block.");
        }

        (_part, Length, _seed) = (part, length, seed);
        Count = seed is null ? (part.Length - 1) / length : Math.Max(1, (part.Length - length) / length);
        _slack = seed is null ? 1 : Math.Min(length, part.Length - (Count * length));
    }

    /// <summary>Ids in a block.</summary>
    public int Length { get; }

    /// <summary>Blocks in an epoch.</summary>
    public long Count { get; }

    /// <summary>Blocks whose beginning is drawn from the seed for each epoch.</summary>
    /// <exception cref="TextException">The text is too short for one block.</exception>
    public static CausalBlocks ForTraining(TokenPart part, int length, long seed) => new(part, length, seed, "The training text");

    /// <summary>The same blocks in every epoch: the first begins with the part.</summary>
    /// <inheritdoc cref="ForTraining"/>
    public static CausalBlocks ForValidation(TokenPart part, int length) => new(part, length, null, "The validation text");

    /// <summary>Copies the input ids of a block.</summary>
    public void Inputs(long epoch, long block, Span<long> to) => _part.CopyTo(StartOf(epoch, block), to[..Length]);

    /// <summary>Copies the labels of a block: for each input id the one that follows it.</summary>
    public void Labels(long epoch, long block, Span<long> to) => _part.CopyTo(StartOf(epoch, block) + 1, to[..Length]);

    private long StartOf(long epoch, long block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, Count);
        var shift = _shift;
        if (_seed is { } seed && shift.Epoch != epoch)
        {
            _shift = shift = new Shift(epoch, new DataOrder(~seed, epoch, _slack)[0]); // another seed than that of the order of blocks
        }

        return shift.Tokens + (block * Length);
    }

    /// <summary>The shift of the epoch asked for last.</summary>
    private sealed record Shift(long Epoch, long Tokens);
}
