using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Passes.Lowerings;

namespace OnnxPipeline.Autodiff.Tests;

public sealed class GradientTableTests
{
    [Test]
    public void Default_EveryRule_HasACase()
    {
        var table = GradientTable.Default;
        var proved = CaseTable.All.Select(c => table.Find(c.Domain, c.Op, c.Domain.Length == 0 ? c.Opset : 1)).ToHashSet();
        Assert.That(table.Entries.Where(e => e.Rule is not null && !proved.Contains(e)).Select(e => $"{e.Domain}::{e.Op} {e.Since}"), Is.Empty);
    }

    [Test]
    public void ComposedOperators_Each_HasACase() =>
        Assert.That(ComposedOperators.Table.Keys.Except(CaseTable.All.Select(c => (c.Domain, c.Op))), Is.Empty);

    /// <summary>The figures that documentation quotes.</summary>
    [Test]
    public void Default_AllCases_AreProvedToTheTolerance()
    {
        var (cases, proofs, worst, by) = (0, 0, 0.0, "");
        foreach (var given in CaseTable.All)
        {
            var error = GradientCheck.RunAll(given);
            cases++;
            proofs += given.NeedsSizes ? 1 : given.NeedsRanks ? 2 : 3;
            (worst, by) = error > worst ? (error, given.ToString()) : (worst, by);
        }

        var rules = GradientTable.Default.Entries.Count(e => e.Rule is not null);
        TestContext.Out.WriteLine($"{rules} rules, {cases} cases, {proofs} proofs (known, named and unknown shapes); worst relative error {worst:E1} in {by}");
        Assert.That(worst, Is.LessThan(GradientCheck.Tolerance));
    }

    public static IEnumerable<object> Stops => GradientTable.Default.Entries.Where(e => e.Rule is null);

    [TestCaseSource(nameof(Stops))]
    public void Default_OperatorWithoutGradient_EndsTheFlow(GradientTable.Entry entry)
    {
        var graph = new Graph();
        var build = new GraphBuilder(graph, 18);
        var x = build.Input("x", ElementType.Float, [3]);
        var w = build.Input("w", ElementType.Float, [3]);
        var stopped = new Value("stopped", ElementType.Float, [3]);
        graph.Nodes.Add(new Node(entry.Domain, entry.Op, [x], [stopped]));
        var loss = build.ReduceSumAll(build.Mul(stopped, w));
        var gradients = Backward.Append(graph, new Dictionary<string, int> { [""] = Math.Max(18, entry.Since) }, loss, [x, w]);
        Assert.That(gradients.Keys, Is.EqualTo(new[] { w }));
    }

    [Test]
    public void Find_OlderVersionThanTheEntry_GivesNone()
    {
        Assert.That(GradientTable.Default.Find("", "Gelu", 18), Is.Null);
        Assert.That(GradientTable.Default.Find("", "Gelu", 21)?.Since, Is.EqualTo(20));
        Assert.That(GradientTable.Default.Find("", "NoSuchOperator", 18), Is.Null);
    }

    [Test]
    public void With_SameVersion_ReplacesAndLeavesTheOldTableAlone()
    {
        var table = GradientTable.Default.With("", "Relu", 6, null);
        Assert.That(table.Find("", "Relu", 18)!.Rule, Is.Null);
        Assert.That(GradientTable.Default.Find("", "Relu", 18)!.Rule, Is.Not.Null);
    }
}
