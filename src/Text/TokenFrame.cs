namespace OnnxPipeline.Text;

/// <summary>The special tokens that a tokenizer puts around a text.</summary>
internal sealed record TokenFrame(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    public static TokenFrame None { get; } = new([], []);

    public IReadOnlyList<int> Around(IEnumerable<int> ids) => [.. Before, .. ids, .. After];
}
