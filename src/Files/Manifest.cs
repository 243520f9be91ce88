using System.Text.Json;

namespace OnnxPipeline.Files;

/// <summary>
/// <c>manifest.json</c> of an artifact folder or a model folder. Keys are the property names in snake case; what is null is left out.
/// <c>docs/manifest.md</c> shows one in full.
/// </summary>
public sealed record Manifest
{
    /// <summary>The format this program writes and reads: 1.</summary>
    public int Format { get; init; } = 1;

    /// <summary><c>ort-training</c> or <c>stock</c>; null for a model or inference folder.</summary>
    public string? Target { get; init; }

    public string? ToolVersion { get; init; }

    public ManifestLoss? Loss { get; init; }

    /// <summary>Null where the artifacts were made without an optimizer.</summary>
    public ManifestOptimizer? Optimizer { get; init; }

    /// <summary>The parameters that are graph inputs (of a model folder: all weights), in graph order.</summary>
    public IReadOnlyList<ManifestParameter> Parameters { get; init; } = [];

    /// <summary>Inputs of the training graph, of a model folder those of the model, in order.</summary>
    public IReadOnlyList<ManifestValue> Inputs { get; init; } = [];

    /// <summary>Outputs of the training graph, of a model folder those of the model, in order.</summary>
    public IReadOnlyList<ManifestValue> Outputs { get; init; } = [];

    /// <summary>Of the default domain.</summary>
    public int? Opset { get; init; }

    /// <summary>SHA-256 of every other file of the folder, lower-case hexadecimal, by name in ordinal order.</summary>
    public SortedDictionary<string, string> Files { get; init; } = new(StringComparer.Ordinal);

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
            return manifest is { Format: 1 }
                ? manifest
                : throw new FileFormatException($"{path} has the format {manifest?.Format.ToString() ?? "null"}; this program reads format 1.");
        }
        catch (JsonException e)
        {
            throw new FileFormatException($"{path} is no manifest: {e.Message}", e);
        }
    }

    /// <summary>Writes UTF-8 with line feeds. Same content, same bytes.</summary>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        JsonSerializer.Serialize(stream, this, ManifestJson.Default.Manifest);
        stream.WriteByte((byte)'\n');
    });
}
