using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>
/// Which examples each optimizer step takes. A function of the seed and the step alone, so that a resumed run needs no stored position:
/// an epoch is ⌈rows/batch⌉ micro-batches in groups of K, the last micro-batch and the last group smaller; ⌈⌈rows/batch⌉/K⌉ steps.
/// </summary>
public sealed class StepPlan
{
    private readonly int _batch;
    private readonly int _accumulation;
    private readonly bool _shuffle;
    private readonly long _seed;
    private readonly long[] _rows;
    private DataOrder? _order;
    private long _orderEpoch = -1;

    /// <param name="rows">Examples in an epoch, at least 1.</param>
    public StepPlan(long rows, int batch, int accumulation, bool shuffle, long seed)
    {
        Rows = rows;
        _batch = batch;
        _accumulation = accumulation;
        _shuffle = shuffle;
        _seed = seed;
        _rows = new long[Math.Min(batch, rows)];
        Batches = (rows + batch - 1) / batch;
        StepsPerEpoch = (Batches + accumulation - 1) / accumulation;
    }

    public long Rows { get; }

    /// <summary>Micro-batches in an epoch.</summary>
    public long Batches { get; }

    public long StepsPerEpoch { get; }

    /// <summary>The epoch that step number <paramref name="step"/> (from 0) belongs to.</summary>
    public long EpochOf(long step) => step / StepsPerEpoch;

    /// <summary>Whether an epoch ends with step number <paramref name="step"/>.</summary>
    public bool EndsEpoch(long step) => (step + 1) % StepsPerEpoch == 0;

    /// <summary>Micro-batches of step number <paramref name="step"/>.</summary>
    public int MicroBatches(long step) => (int)Math.Min(_accumulation, Batches - step % StepsPerEpoch * _accumulation);

    /// <summary>The examples of micro-batch <paramref name="index"/> of step number <paramref name="step"/>; valid until the next call.</summary>
    public ReadOnlySpan<long> RowsOf(long step, int index)
    {
        var epoch = EpochOf(step);
        var first = (step % StepsPerEpoch * _accumulation + index) * _batch;
        var count = (int)Math.Min(_batch, Rows - first);
        if (_shuffle && _orderEpoch != epoch)
        {
            (_order, _orderEpoch) = (new DataOrder(_seed, epoch, Rows), epoch);
        }

        for (var i = 0; i < count; i++)
        {
            _rows[i] = _shuffle ? _order![first + i] : first + i;
        }

        return _rows.AsSpan(0, count);
    }
}
