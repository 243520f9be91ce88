using System.Text;

namespace OnnxPipeline.Training;

/// <summary>metrics.csv: a row is in the file when its step ends, so that a killed run shows what it did.</summary>
public sealed class MetricsFile : IDisposable
{
    public const string Header = "step,split,loss,lr,grad_norm,tokens,seconds";

    private readonly FileStream _stream;
    private readonly IReadOnlyList<string> _metrics;

    private MetricsFile(FileStream stream, IReadOnlyList<string> metrics) => (_stream, _metrics) = (stream, metrics);

    /// <summary>One row. <paramref name="Rate"/> and <paramref name="GradientNorm"/> are null (and empty in the file) for evaluations.</summary>
    public sealed record Row(long Step, string Split, float Loss, float? Rate, float? GradientNorm, long Tokens, double Seconds)
    {
        /// <summary>What stands in the columns after those of <see cref="Header"/>, as it was read.</summary>
        public IReadOnlyList<float?> Metrics { get; init; } = [];
    }

    /// <summary>Opens the file for appending; rows of steps after <paramref name="lastStep"/> and a last line without its end are cut.</summary>
    /// <param name="metrics">Columns after those of <see cref="Header"/>, which rows of training leave empty.</param>
    public static MetricsFile Open(string path, long lastStep, IReadOnlyList<string> metrics)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        stream.SetLength(KeptLength(stream, lastStep, string.Join(',', metrics.Prepend(Header))));
        stream.Seek(0, SeekOrigin.End);
        var file = new MetricsFile(stream, metrics);
        if (stream.Length == 0)
        {
            file.Line(string.Join(',', metrics.Prepend(Header)));
        }

        return file;
    }

    public static IReadOnlyList<Row> Read(string path)
    {
        List<Row> rows = [];
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            var f = line.Split(',');
            if (f.Length >= 7)
            {
                rows.Add(new(long.Parse(f[0]), f[1], float.Parse(f[2]), Optional(f[3]), Optional(f[4]), long.Parse(f[5]), double.Parse(f[6])) { Metrics = f.Length > 7 ? [.. f[7..].Select(Optional)] : [] });
            }
        }

        return rows;
    }

    /// <param name="metrics">In the order of the columns; null: they stay empty.</param>
    public void Add(Row row, IReadOnlyList<float?>? metrics = null) =>
        Line($"{row.Step},{row.Split},{row.Loss},{row.Rate},{row.GradientNorm},{row.Tokens},{Math.Round(row.Seconds, 3)}" + string.Concat(_metrics.Select((_, i) => $",{metrics?[i]}")));

    /// <summary>Everything written so far is on the disk.</summary>
    public void Sync() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    private void Line(string text)
    {
        _stream.Write(Encoding.UTF8.GetBytes(text + "\n"));
        _stream.Flush();
    }

    private static long KeptLength(FileStream stream, long lastStep, string header)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        var text = reader.ReadToEnd();
        var kept = 0;
        while (text.IndexOf('\n', kept) is var end and >= 0)
        {
            var line = text.AsSpan(kept, end - kept);
            if (kept == 0 ? !line.SequenceEqual(header) : !long.TryParse(line[..Math.Max(line.IndexOf(','), 0)], out var step) || step > lastStep)
            {
                break;
            }

            kept = end + 1;
        }

        return kept; // every character of the file is one byte
    }

    private static float? Optional(string text) => text.Length == 0 ? null : float.Parse(text);
}
