namespace OnnxPipeline.Training;

/// <summary>What a run writes down while it trains: rows of metrics.csv, the same numbers for TensorBoard, and samples.jsonl.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly MetricsFile _metrics;
    private readonly EventFile _events;
    private readonly IReadOnlyList<string> _names;
    private readonly StepLines? _samples;

    /// <param name="lastStep">What was written of later steps is cut, or taken back.</param>
    /// <param name="metrics">Of the evaluation, besides its loss.</param>
    /// <param name="samples">Whether there will be samples.</param>
    public RunLog(RunFolder folder, long lastStep, IReadOnlyList<string> metrics, bool samples)
    {
        _metrics = MetricsFile.Open(folder.Metrics, lastStep, metrics);
        _names = metrics;
        _events = EventFile.Create(folder.Path, lastStep);
        _samples = samples ? StepLines.Open(folder.Samples, header: null, line => Sample.OfLine(line)?.Step, lastStep) : null;
    }

    /// <param name="metrics">In the order of their names; null: there are none.</param>
    public void Add(MetricsFile.Row row, IReadOnlyList<float?>? metrics = null)
    {
        _metrics.Add(row, metrics);
        _events.Add(row, [.. _names.Zip(metrics ?? [])]);
    }

    public void AddSample(Sample sample) => _samples!.Add(sample.ToLine());

    /// <summary>Everything written so far is on the disk.</summary>
    public void Sync()
    {
        _metrics.Sync();
        _events.Sync();
        _samples?.Sync();
    }

    public void Dispose()
    {
        _metrics.Dispose();
        _events.Dispose();
        _samples?.Dispose();
    }
}
