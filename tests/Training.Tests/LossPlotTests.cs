using System.Xml.Linq;
using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class LossPlotTests
{
    [Test]
    public void Svg_TrainAndEvalRows_IsWellFormedWithBothLines()
    {
        var rows = Enumerable.Range(1, 3000).Select(s => new MetricsFile.Row(s, "train", 5 / MathF.Sqrt(s), 1e-3f, 1, s, s))
            .Append(new(1500, "eval", 0.5f, null, null, 1, 1)).Append(new(3000, "eval", 0.25f, null, null, 1, 1)).ToList();

        var svg = XDocument.Parse(LossPlot.Svg(Series(rows, "train"), Series(rows, "eval"), "a <run> & more"));

        var lines = svg.Descendants().Where(e => e.Name.LocalName == "polyline").Select(e => e.Attribute("points")!.Value.Split(' ').Length).ToArray();
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[..2], Is.All.InRange(1000, 2000), "thinned to what shows");
        Assert.That(svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value), Does.Contain("eval 0.25 (best 0.25)").And.Contain("a <run> & more"));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Svg_HardlyAnyRow_IsWellFormed(int rows) =>
        Assert.That(() => XDocument.Parse(LossPlot.Svg(Series(Enumerable.Range(1, rows).Select(s => new MetricsFile.Row(s, "train", 0, 0, 0, 0, 0)), "train"), new(), "x")), Throws.Nothing);

    private static LossSeries Series(IEnumerable<MetricsFile.Row> rows, string split)
    {
        var series = new LossSeries();
        foreach (var row in rows.Where(row => row.Split == split))
        {
            series.Add(row);
        }

        return series;
    }
}
