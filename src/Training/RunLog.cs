namespace OnnxPipeline.Training;

/// <summary>What a run writes down while it trains: rows of metrics.csv, the same numbers for TensorBoard, and samples.jsonl.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly MetricsFile _metrics;
    private readonly EventFile _events;
    private readonly IReadOnlyList<string> _names;
    private readonly StepLines? _samples;

    /// <summary>The losses of all rows, for the picture.</summary>
    public LossSeries Training { get; } = new();

    /// <inheritdoc cref="Training"/>
    public LossSeries Evaluation { get; } = new();

    /// <param name="state">Where the run goes on: what was written of later steps is cut, or taken back.</param>
    /// <param name="metrics">Of the evaluation, besides its loss.</param>
    /// <param name="samples">Whether there will be samples.</param>
    public RunLog(RunFolder folder, RunState state, IReadOnlyList<string> metrics, bool samples)
    {
        var lastEvaluation = state.EvalStep ?? 0;
        _metrics = MetricsFile.Open(folder.Metrics, state.Step, metrics, lastEvaluation);
        _names = metrics;
        foreach (var row in MetricsFile.Read(folder.Metrics))
        {
            SeriesOf(row).Add(row);
        }

        _events = EventFile.Create(folder.Path, state.Step);
        _samples = samples ? StepLines.Open(folder.Samples, header: null, line => Sample.OfLine(line)?.Step <= lastEvaluation) : null;
    }

    /// <param name="metrics">In the order of their names; null: there are none.</param>
    public void Add(MetricsFile.Row row, IReadOnlyList<float?>? metrics = null)
    {
        _metrics.Add(row, metrics);
        SeriesOf(row).Add(row);
        _events.Add(row, [.. _names.Zip(metrics ?? [])]);
    }

    public void AddSample(Sample sample) => _samples!.Add(sample.ToLine());

    private LossSeries SeriesOf(MetricsFile.Row row) => row.Split == "eval" ? Evaluation : Training;

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
