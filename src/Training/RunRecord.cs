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
        /// <exception cref="Files.FileFormatException">The file cannot be read.</exception>
        public static DataFile Of(string path)
        {
            var hash = Files.Sha256.Of(path);
            return new(System.IO.Path.GetFullPath(path), new FileInfo(path).Length, hash);
        }

        /// <summary>Refuses to go on with other data than the run was started with.</summary>
        /// <param name="record">The run.json that names the file.</param>
        /// <exception cref="TrainingException">The file is gone or has another content.</exception>
        public void RequireUnchanged(string record)
        {
            if (!File.Exists(Path))
            {
                throw new TrainingException($"{Path}, which {record} names as data of this run, is gone. Put it back to go on.");
            }

            if (Of(Path) is var now && now.Sha256 != Sha256)
            {
                throw new TrainingException($"{Path} is no longer the file this run was started with (sha256 {now.Sha256}, wanted {Sha256}). Put the old content back, or start a new run.");
            }
        }
    }
}
