namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>The GPT whose training step is measured; AdamW, clip 1.0, the whole vocabulary at every position.</summary>
internal sealed record GptCase(int Layers, int Heads, int Width, int Block, int Batch, int Vocabulary)
{
    public const float LearningRate = 1e-3f;
    public const float WeightDecay = 0.1f;
    public const float Beta1 = 0.9f;
    public const float Beta2 = 0.99f;
    public const float MaxGradNorm = 1;

    /// <summary>4 layers, 4 heads, 128 wide, block 64, batch 12, 65 characters: nanoGPT's small recipe for a processor.</summary>
    public static GptCase Small { get; } = new(4, 4, 128, 64, 12, 65);

    /// <summary>Token ids and the next token of each, row by row; the same for everybody.</summary>
    public (long[] Ids, long[] Labels) Data(int step)
    {
        var random = new Random(step % 16);
        var ids = new long[Batch * Block];
        var labels = new long[ids.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            (ids[i], labels[i]) = (random.Next(Vocabulary), random.Next(Vocabulary));
        }

        return (ids, labels);
    }
}
