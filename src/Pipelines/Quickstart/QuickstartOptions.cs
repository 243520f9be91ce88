namespace OnnxPipeline.Pipelines;

/// <summary>What a person may choose.</summary>
public sealed record QuickstartOptions
{
    /// <summary>Where everything goes; null: <c>artifacts/quickstart</c>, or <c>quickstart-2</c> and so on where that is taken.</summary>
    public string? Output { get; init; }

    /// <summary>Whether what is in <see cref="Output"/> is replaced.</summary>
    public bool Force { get; init; }

    /// <summary>Text files, folders or globs; none: the SDK's reference documentation.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>A look at everything in under a minute: a shorter training, a lower gate.</summary>
    public bool Fast { get; init; }

    /// <summary>Training time of the GPT; null: 2, or 0.4 if <see cref="Fast"/>. The BERT has seven tenths of it.</summary>
    public double? Minutes { get; init; }

    /// <summary>Steps of the GPT and of the BERT, instead of <see cref="Minutes"/>: what is learned does not depend on how fast the machine is; null: by the clock.</summary>
    public long? Steps { get; init; }

    public long Seed { get; init; }

    public int Threads { get; init; } = 1;
}
