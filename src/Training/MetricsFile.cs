namespace OnnxPipeline.Training;

/// <summary>metrics.csv: a row is in the file when its step ends, so that a killed run shows what it did.</summary>
public sealed class MetricsFile : IDisposable
{
    public const string Header = "step,split,loss,lr,grad_norm,tokens,seconds";

    private readonly StepLines _lines;
    private readonly IReadOnlyList<string> _metrics;

    private MetricsFile(StepLines lines, IReadOnlyList<string> metrics) => (_lines, _metrics) = (lines, metrics);

    /// <summary>One row. <paramref name="Rate"/> and <paramref name="GradientNorm"/> are null (and empty in the file) for evaluations.</summary>
    public sealed record Row(long Step, string Split, float Loss, float? Rate, float? GradientNorm, long Tokens, double Seconds)
    {
        /// <summary>What stands in the columns after those of <see cref="Header"/>, as it was read.</summary>
        public IReadOnlyList<float?> Metrics { get; init; } = [];
    }

    /// <summary>Opens the file for appending; rows of steps after <paramref name="lastStep"/> and a last line without its end are cut.</summary>
    /// <param name="metrics">Columns after those of <see cref="Header"/>, which rows of training leave empty.</param>
    /// <param name="lastEvaluation">Of evaluations, the last step whose row stays; null: <paramref name="lastStep"/>.</param>
    public static MetricsFile Open(string path, long lastStep, IReadOnlyList<string> metrics, long? lastEvaluation = null) =>
        new(StepLines.Open(path, string.Join(',', metrics.Prepend(Header)), line => line.Split(',') is [var first, var split, ..] && long.TryParse(first, out var step) && step <= (split == "eval" ? lastEvaluation ?? lastStep : lastStep)), metrics);

    /// <summary>The rows so far, also of a run that is under way.</summary>
    public static IReadOnlyList<Row> Read(string path)
    {
        List<Row> rows = [];
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)); // Windows refuses a reader that does not allow the one who writes
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
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
        _lines.Add($"{row.Step},{row.Split},{row.Loss},{row.Rate},{row.GradientNorm},{row.Tokens},{Math.Round(row.Seconds, 3)}" + string.Concat(_metrics.Select((_, i) => $",{metrics?[i]}")));

    /// <summary>Everything written so far is on the disk.</summary>
    public void Sync() => _lines.Sync();

    public void Dispose() => _lines.Dispose();

    private static float? Optional(string text) => text.Length == 0 ? null : float.Parse(text);
}
