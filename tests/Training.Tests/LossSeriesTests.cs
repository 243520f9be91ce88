using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class LossSeriesTests
{
    [TestCase(1)]
    [TestCase(1999)]
    [TestCase(2000)]
    [TestCase(12_345)]
    public void Add_ManyRows_KeepsTheirMeansInBoundedMemory(int rows)
    {
        var series = new LossSeries();
        for (var step = 1; step <= rows; step++)
        {
            series.Add(new(step, "train", 2 * step, null, null, 0, 0));
        }

        var points = series.Points;
        Assert.That(points, Has.Count.InRange(Math.Min(rows, 1000), 2000));
        Assert.That(points.Select(p => p.Loss), Is.EqualTo(points.Select(p => 2 * p.Step)).Within(1e-6), "each loss at the step it is of");
        Assert.That(points.Select(p => p.Step), Is.Ordered.And.All.InRange(1, rows));
        Assert.That((series.Last, series.Lowest, series.LastStep), Is.EqualTo((2.0 * rows, 2.0, (double)rows)));
    }

    [Test]
    public void Add_ALossThatIsNoNumber_IsPassedOver()
    {
        var series = new LossSeries();
        series.Add(new(1, "eval", float.NaN, null, null, 0, 0));
        Assert.That(series.Points, Is.Empty);
    }
}
