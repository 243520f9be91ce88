using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>The examples of a tensor file as the training loop takes them.</summary>
public sealed class TensorExamples : IExamples
{
    private readonly TensorDataset _data;
    private readonly IReadOnlyList<TensorSpec> _inputs;
    private readonly long[][] _dims;
    private readonly int _labels = -1;
    private readonly ManifestLoss? _loss;
    private readonly InputChecks _checks;

    /// <param name="inputs">What the training graph takes, in graph order.</param>
    /// <param name="loss">Which labels count; null (or a loss that is no mean over label positions): every example does.</param>
    /// <param name="demands">What the graph wants of the inputs besides; null: nothing.</param>
    /// <exception cref="FileFormatException">The file does not fit the inputs.</exception>
    public TensorExamples(string path, IReadOnlyList<TensorSpec> inputs, ManifestLoss? loss, GraphDemands? demands = null)
    {
        (_data, _inputs, _loss) = (TensorDataset.Open(path, inputs), inputs, loss);
        _dims = [.. inputs.Select((_, i) => _data.Dims(i, 1))];
        demands ??= GraphDemands.None;
        RequireLengths(demands.Lengths);
        _checks = new(path, inputs, _dims, demands.Ranges);
        if (loss is { Labels: { } name, IgnoreIndex: not null })
        {
            _labels = inputs.ToList().FindIndex(i => i.Name == name && i.Type is ElementType.Int64 or ElementType.Int32);
        }
    }

    public string Path => _data.Path;

    public long Count => _data.Count;

    public string Unit => _labels < 0 ? "examples" : "tokens";

    public long Counted(long epoch, ReadOnlySpan<long> rows)
    {
        if (_labels < 0)
        {
            return rows.Length;
        }

        long counted = 0;
        foreach (var row in rows)
        {
            var labels = _data.Example(_labels, row);
            counted += _inputs[_labels].Type == ElementType.Int64
                ? Counted(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(labels))
                : Counted(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(labels));
        }

        return counted;
    }

    /// <inheritdoc/>
    /// <exception cref="FileFormatException">These examples hold NaN or +∞, or an integer out of the graph's range.</exception>
    public void Fill(ITrainingEngine engine, long epoch, ReadOnlySpan<long> rows)
    {
        Span<long> dims = stackalloc long[16];
        for (var i = 0; i < _inputs.Count; i++)
        {
            _dims[i].CopyTo(dims);
            dims[0] = _dims[i][0] * rows.Length;
            var target = engine.Input(i, dims[.._dims[i].Length]);
            foreach (var row in rows)
            {
                var example = _data.Example(i, row);
                _checks.Require(i, row, example);
                example.CopyTo(target);
                target = target[example.Length..];
            }
        }
    }

    private void RequireLengths(IReadOnlyList<LengthLimit> limits)
    {
        foreach (var limit in limits)
        {
            if (_inputs.ToList().FindIndex(input => input.Name == limit.Input) is var i and >= 0 && _dims[i][limit.Axis] is var length && length > limit.Most)
            {
                throw new FileFormatException($"{_data.Path}: '{limit.Input}' is {length} long in axis {limit.Axis}; at most {limit.Most} was wanted, the rows of the table '{limit.Table}' that positions are looked up in. Cut the examples, or train a model with more positions.");
            }
        }
    }

    /// <summary>Label positions of one example that count; where the loss shifts, the first position of a row predicts nothing.</summary>
    private long Counted<T>(ReadOnlySpan<T> labels) where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        var rowLength = _loss!.Shift ? (int)_dims[_labels][^1] : int.MaxValue;
        var ignored = T.CreateChecked(_loss.IgnoreIndex!.Value);
        long counted = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] != ignored && (!_loss.Shift || i % rowLength != 0))
            {
                counted++;
            }
        }

        return counted;
    }
}
