namespace OnnxPipeline.Cli;

/// <summary>What the program ends with.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>A bad file, an unsupported op, a NaN loss, a bug of ours.</summary>
    public const int Failed = 1;

    /// <summary>A gate or a verification was not met.</summary>
    public const int NotMet = 2;

    /// <summary>An unknown verb, flag or value, or a missing flag.</summary>
    public const int Usage = 64;

    /// <summary>SIGINT or SIGTERM, after what is worth saving was saved.</summary>
    public const int Interrupted = 130;
}
