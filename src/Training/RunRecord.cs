namespace OnnxPipeline.Training;

/// <summary>run.json: what was run, on what, with what, and how it ended.</summary>
public sealed record RunRecord
{
    /// <summary>Of this file.</summary>
    public int Format { get; init; } = 1;

    public required RunConfig Config { get; init; }

    /// <summary>Programs and libraries by name.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();

    public long Seed { get; init; }

    /// <summary>Every file that was read as data.</summary>
    public IReadOnlyList<DataFile> Data { get; init; } = [];

    public RunResult? Result { get; init; }

    /// <param name="Path">Absolute.</param>
    /// <param name="Sha256">Lower-case hexadecimal.</param>
    public sealed record DataFile(string Path, long Bytes, string Sha256)
    {
        public static DataFile Of(string path) => new(System.IO.Path.GetFullPath(path), new FileInfo(path).Length, Files.Sha256.Of(path));
    }
}
