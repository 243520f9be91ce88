namespace OnnxPipeline.Pipelines;

/// <summary>How long a model of the quickstart is trained: one of the two is given.</summary>
internal sealed record RunLength(long? Steps, double? Minutes)
{
    /// <param name="share">Of the GPT's minutes.</param>
    public static RunLength Of(QuickstartOptions options, double share = 1) =>
        options.Steps is { } steps ? new(steps, null) : new(null, share * (options.Minutes ?? (options.Fast ? 0.4 : 2)));

    public override string ToString() => Steps is { } steps ? $"{steps:#,0} steps" : $"{Minutes:0.##} minutes";
}
