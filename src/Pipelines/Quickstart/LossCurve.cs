namespace OnnxPipeline.Pipelines;

/// <summary>A loss curve in characters: <c>·</c> the mean of the training losses of a column, <c>●</c> evaluations.</summary>
internal static class LossCurve
{
    private const int AxisWidth = 6;

    /// <param name="training">Step and loss, in order; at least one.</param>
    /// <param name="evaluations">Step and loss.</param>
    public static IReadOnlyList<string> Draw(IReadOnlyList<(long Step, double Loss)> training, IReadOnlyList<(long Step, double Loss)> evaluations, int width = 64, int height = 10)
    {
        var last = Math.Max(1, training[^1].Step);
        int Column(long step) => (int)Math.Min(width - 1, (step - 1) * width / last);
        var means = training.GroupBy(point => Column(point.Step)).Select(group => (Column: group.Key, Loss: group.Average(point => point.Loss))).ToList();
        var points = means.Select(mean => (mean.Column, mean.Loss, Mark: '·')).Concat(evaluations.Select(point => (Column(point.Step), point.Loss, Mark: '●'))).ToList();
        var (low, high) = (points.Min(point => point.Loss), points.Max(point => point.Loss));
        int Row(double loss) => high == low ? 0 : (int)Math.Round((high - loss) / (high - low) * (height - 1));

        var rows = Enumerable.Range(0, height).Select(_ => Enumerable.Repeat(' ', width).ToArray()).ToArray();
        foreach (var (column, loss, mark) in points)
        {
            rows[Row(loss)][column] = mark;
        }

        var lines = rows.Select((row, i) => $"{Label(i)} ┤{new string(row).TrimEnd()}").ToList();
        lines.Add($"{new string(' ', AxisWidth)} └{new string('─', width)}");
        lines.Add($"{new string(' ', AxisWidth + 2)}{"1",-4}{$"step {last:#,0}".PadLeft(width - 4)}");
        return lines;

        string Label(int row) => (row % 3 == 0 || row == height - 1 ? (high - ((high - low) * row / (height - 1))).ToString("0.00") : "").PadLeft(AxisWidth);
    }
}
