using System.Text.Json;

namespace OnnxPipeline.Files;

/// <summary>
/// <c>manifest.json</c> of an artifact folder or a model folder. Keys are the property names in snake case; what is null is left out.
/// <c>docs/manifest.md</c> shows one in full.
/// </summary>
public sealed record Manifest
{
    // A reader of files without a key leaves null to the property: "?? []" below.

    /// <summary>The format this program writes and reads: 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary><c>ort-training</c> or <c>stock</c>; null for a model or inference folder.</summary>
    public string? Target { get; init; }

    public string? ToolVersion { get; init; }

    public ManifestLoss? Loss { get; init; }

    /// <summary>Null where the artifacts were made without an optimizer.</summary>
    public ManifestOptimizer? Optimizer { get; init; }

    /// <summary>The parameters that are graph inputs (of a model folder: all weights), in graph order.</summary>
    public IReadOnlyList<ManifestParameter> Parameters { get; init => field = value ?? []; } = [];

    /// <summary>Inputs of the training graph, of a model folder those of the model, in order.</summary>
    public IReadOnlyList<ManifestValue> Inputs { get; init => field = value ?? []; } = [];

    /// <summary>Outputs of the training graph, of a model folder those of the model, in order.</summary>
    public IReadOnlyList<ManifestValue> Outputs { get; init => field = value ?? []; } = [];

    /// <summary>Of the default domain.</summary>
    public int? Opset { get; init; }

    /// <summary>SHA-256 of every other file of the folder, lower-case hexadecimal, by name in ordinal order.</summary>
    public SortedDictionary<string, string> Files { get; init => field = value ?? new(StringComparer.Ordinal); } = new(StringComparer.Ordinal);

    /// <summary><c>model_type</c> of the configuration: <c>gpt2</c>, <c>bert</c>.</summary>
    public string? Family { get; init; }

    /// <summary>What the model was trained for: <c>clm</c>, <c>classification</c>, …</summary>
    public string? Task { get; init; }

    /// <summary>Names of the classes, in the order of the logits.</summary>
    public IReadOnlyList<string>? LabelNames { get; init; }

    public ManifestTokenizer? Tokenizer { get; init; }

    /// <summary>Reads a manifest; keys that a later version added are passed over.</summary>
    /// <exception cref="FileFormatException">No such file, no JSON of this structure, or another format.</exception>
    public static Manifest Read(string path)
    {
        var bytes = InputFile.ReadAllBytes(path);
        try
        {
            var manifest = JsonSerializer.Deserialize(bytes, ManifestJson.Default.Manifest);
            if (manifest is not { Format: 1 })
            {
                throw new FileFormatException($"{path} has the format {manifest?.Format.ToString() ?? "null"}; this program reads format 1.");
            }

            return Fault(manifest) is { } fault ? throw new FileFormatException($"{path}: {fault}.") : manifest;
        }
        catch (JsonException e)
        {
            throw new FileFormatException($"{path} is no manifest: {e.Message}", e);
        }
    }

    /// <summary>What the types of the properties do not say.</summary>
    private static string? Fault(Manifest manifest) =>
        manifest.Optimizer is { Betas: { Count: not 2 } betas } ? $"the optimizer's betas are {betas.Count} numbers, wanted two"
        : manifest.Parameters.Contains(null!) ? "one of its parameters is null"
        : manifest.Inputs.Concat(manifest.Outputs).Contains(null!) ? "one of its inputs or outputs is null"
        : null;

    /// <summary>Writes UTF-8 with line feeds. Same content, same bytes.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        JsonSerializer.Serialize(stream, this, ManifestJson.Default.Manifest);
        stream.WriteByte((byte)'\n');
    });
}
