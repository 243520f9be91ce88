namespace OnnxPipeline.Client;

/// <summary>What a call may say beside the model and its inputs.</summary>
public sealed record InferOptions
{
    /// <summary>The version of the model [empty: the highest there is].</summary>
    public string Version { get; init; } = "";

    /// <summary>The outputs wanted, each once [empty: all].</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Any text; it comes back in the answer [empty].</summary>
    public string Id { get; init; } = "";

    /// <summary>How long the answer may take; the server stops computing then [null: as the client was made].</summary>
    public TimeSpan? Timeout { get; init; }
}
