namespace OnnxPipeline.Training;

/// <summary>
/// The losses of one split of a run as a picture needs them, in bounded memory however long the run is: means of so many rows each, twice as many
/// whenever there are too many means. What it holds follows from the rows alone, so a resumed run draws what one that was not stopped draws.
/// </summary>
public sealed class LossSeries
{
    /// <summary>More do not show at the width of the picture.</summary>
    private const int Most = 2000;

    private readonly List<(double Step, double Loss)> _points = [];
    private int _each = 1;
    private double _steps, _losses;
    private int _rows;

    /// <summary>In order of steps; a point lies at the mean step of its rows.</summary>
    public IReadOnlyList<(double Step, double Loss)> Points => _rows == 0 ? _points : [.. _points, (_steps / _rows, _losses / _rows)];

    /// <summary>The loss of the last row.</summary>
    public double Last { get; private set; } = double.NaN;

    /// <summary>The lowest loss.</summary>
    public double Lowest { get; private set; } = double.NaN;

    /// <summary>The step of the last row.</summary>
    public double LastStep { get; private set; }

    /// <summary>Adds a row; one without a finite loss is passed over.</summary>
    public void Add(MetricsFile.Row row)
    {
        if (!float.IsFinite(row.Loss))
        {
            return;
        }

        (Last, Lowest, LastStep) = (row.Loss, Lowest <= row.Loss ? Lowest : row.Loss, row.Step);
        (_steps, _losses, _rows) = (_steps + row.Step, _losses + row.Loss, _rows + 1);
        if (_rows < _each)
        {
            return;
        }

        _points.Add((_steps / _rows, _losses / _rows));
        (_steps, _losses, _rows) = (0, 0, 0);
        if (_points.Count == Most)
        {
            for (var i = 0; i < Most / 2; i++)
            {
                var ((a, left), (b, right)) = (_points[2 * i], _points[2 * i + 1]);
                _points[i] = ((a + b) / 2, (left + right) / 2);
            }

            _points.RemoveRange(Most / 2, Most / 2);
            _each *= 2;
        }
    }
}
