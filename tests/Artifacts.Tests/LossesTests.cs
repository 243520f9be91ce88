using NUnit.Framework;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>Values against formulas in double, gradients against central differences, both at moderate and at extreme logits.</summary>
public sealed class LossesTests
{
    private const double Step = 1e-3; // large, since a term of 10⁸ takes digits from the others; the rules are smooth enough

    private static readonly double[] Extremes = [0.25, -0.75, 3, -30, 90, -1000, 1e4, 0.5];

    private static readonly double[] Targets = [0, 1, 0.25, 1, 1, 0, 0, 1];

    [TestCase("mse")]
    [TestCase("l1")]
    [TestCase("bce")]
    public void Elementwise_AtExtremes_GivesValueAndGradient(string kind)
    {
        var x = new Array64(Extremes, 2, 4);
        var target = new Array64(Targets, 2, 4);
        var (loss, gradient) = Run(kind, x, target);
        Assert.That(loss, Is.EqualTo(Extremes.Zip(Targets, (a, t) => Term(kind, a, t)).Average()).Within(1e-12).Percent);
        foreach (var (found, wanted) in gradient.Zip(Differences(kind, x, target)))
        {
            Assert.That(found, Is.EqualTo(wanted).Within(1e-5 * Math.Max(1, Math.Abs(wanted))));
        }

        Assert.That(gradient, Has.All.Matches<double>(double.IsFinite));
    }

    [TestCase("cross-entropy")]
    [TestCase("mse")]
    [TestCase("l1")]
    [TestCase("bce")]
    public void Write_ModelInFloat64_HasALossInFloat32(string kind)
    {
        var graph = new Graph("double");
        var build = new GraphBuilder(graph, 18);
        build.Output(build.MatMul(build.Input("x", ElementType.Double, ["batch", 3]), build.Initializer("w", Tensor.From<double>(new double[6], 3, 2))), "y");
        var model = new Model(graph);
        model.OpsetImports.Add("", 18);
        using var folder = new TemporaryFolder();
        using var target = OutputTarget.Folder(folder["out"], force: false);
        ArtifactWriter.Write(model, new() { Loss = kind, LabelSmoothing = kind == "cross-entropy" ? 0.1 : 0, Target = ArtifactTarget.Stock }, target);
        var outputs = OnnxPipeline.Ir.Serialization.ModelFile.Load(Path.Combine(target.Path, "step_model.onnx")).Graph.Outputs;
        Assert.That(outputs.Select(v => (v.Name, v.Element)), Is.EqualTo(new[] { ("loss", ElementType.Float), ("w_grad", ElementType.Double) }));
    }

    [Test]
    public void Bce_AtLogitZero_HasGradientOneHalfMinusTarget()
    {
        var (loss, gradient) = Run("bce", new Array64(new double[] { 0, 0, 0 }, 1, 3), new Array64(new[] { 0, 0.25, 1 }, 1, 3));
        Assert.That(loss, Is.EqualTo(Math.Log(2)).Within(1e-12));
        Assert.That(gradient, Is.EqualTo(new[] { 0.5 / 3, 0.25 / 3, -0.5 / 3 }).Within(1e-8));
    }

    [Test]
    public void L1_AtTheTarget_HasGradientZero() =>
        Assert.That(Run("l1", new Array64(new double[] { 2, 3 }, 1, 2), new Array64(new double[] { 2, 1 }, 1, 2)).Gradient, Is.EqualTo(new[] { 0, 0.5 }));

    private static readonly TestCaseData[] Shapes =
    [
        new TestCaseData(new[] { 4, 3 }, 1, 0.0).SetArgDisplayNames("rows"),
        new TestCaseData(new[] { 2, 2, 3 }, 2, 0.0).SetArgDisplayNames("positions"),
        new TestCaseData(new[] { 2, 3, 2, 1 }, 1, 0.0).SetArgDisplayNames("images"),
        new TestCaseData(new[] { 4, 3 }, 1, 0.1).SetArgDisplayNames("rows smoothed"),
        new TestCaseData(new[] { 2, 2, 3 }, 2, 0.3).SetArgDisplayNames("positions smoothed"),
        new TestCaseData(new[] { 2, 3, 2, 1 }, 1, 0.2).SetArgDisplayNames("images smoothed"),
    ];

    [TestCaseSource(nameof(Shapes))]
    public void CrossEntropy_OneLabelIgnored_IsTheMeanOverTheOthers(int[] dims, int classAxis, double smoothing) => IsTheMean(dims, classAxis, new ArtifactOptions { LabelSmoothing = smoothing });

    [TestCase(new[] { 3, 4 }, 0, 0L)]
    [TestCase(new[] { 3, 2, 2 }, 0, -3L)]
    [TestCase(new[] { 2, 3, 2 }, 1, 1L)]
    [TestCase(new[] { 2, 1, 3, 2 }, 2, 2L)]
    [TestCase(new[] { 2, 1, 2, 3 }, 3, -1L)]
    public void CrossEntropy_ClassesAtAnyAxis_IsTheMeanOverTheOthers(int[] dims, int classAxis, long given) => IsTheMean(dims, classAxis, new ArtifactOptions { ClassAxis = given, LabelSmoothing = 0.1 });

    [TestCase(3)]
    [TestCase(-4)]
    public void CrossEntropy_ClassAxisBeyondTheRank_IsRefused(long axis) =>
        Assert.That(() => Run("cross-entropy", new Array64(new double[8], 2, 2, 2), null, new ArtifactOptions { ClassAxis = axis }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("--class-axis"));

    private static void IsTheMean(int[] dims, int classAxis, ArtifactOptions options)
    {
        var x = new Array64(new[] { 0.5, -1, 2, 30, 0, -40, 200, 3, 100, -0.25, 0.125, 0 }, dims);
        var labels = new Array64(new long[] { 2, 1, -100, 0 }, [.. dims.Where((_, axis) => axis != classAxis)]);
        var (loss, gradient) = Run("cross-entropy", x, labels, options);
        Assert.That(loss, Is.EqualTo(CrossEntropy(x, labels.Longs, classAxis, options.LabelSmoothing)).Within(1e-5).Percent, "the smoothing is a float32 constant");
        Assert.That(gradient, Is.EqualTo(Differences("cross-entropy", x, labels, options)).Within(1e-6));
    }

    [TestCase(0)]
    [TestCase(0.1)]
    public void CrossEntropy_EveryLabelIgnored_GivesZeroAndNoGradient(double smoothing)
    {
        var (loss, gradient) = Run("cross-entropy", new Array64(new double[] { 1, 2, 3, 4 }, 2, 2), new Array64(new long[] { 7, 7 }, 2), new ArtifactOptions { IgnoreIndex = 7, LabelSmoothing = smoothing });
        Assert.That(loss, Is.Zero);
        Assert.That(gradient, Has.All.Zero);
    }

    [Test]
    public void CrossEntropy_Logits_OfRankOne_AreRefused() =>
        Assert.That(() => Run("cross-entropy", new Array64(new double[] { 1, 2 }, 2), new Array64(new long[] { 0 }, 1)), Throws.TypeOf<ArtifactsException>().With.Message.Contains("rank 1"));

    [Test]
    public void None_MatrixAsLoss_IsRefused() =>
        Assert.That(() => Run("none", new Array64(new double[] { 1, 2 }, 1, 2), null), Throws.TypeOf<ArtifactsException>().With.Message.Contains("scalar"));

    private static double Term(string kind, double x, double t) => kind switch
    {
        "mse" => (x - t) * (x - t),
        "l1" => Math.Abs(x - t),
        _ => Math.Max(x, 0) - (x * t) + Math.Log(1 + Math.Exp(-Math.Abs(x))),
    };

    private static double CrossEntropy(Array64 x, long[] labels, int classAxis, double smoothing)
    {
        var classes = x.Dims[classAxis];
        var inner = x.Dims.Skip(classAxis + 1).Aggregate(1, (n, d) => n * d);
        var terms = new List<double>();
        for (var i = 0; i < labels.Length; i++)
        {
            var row = Enumerable.Range(0, classes).Select(c => x.Doubles[(((i / inner * classes) + c) * inner) + (i % inner)]).ToArray();
            var sum = row.Max() + Math.Log(row.Sum(v => Math.Exp(v - row.Max())));
            if (labels[i] != -100)
            {
                terms.Add(((1 - smoothing) * (sum - row[labels[i]])) + (smoothing * row.Average(v => sum - v)));
            }
        }

        return terms.Average();
    }

    private static double[] Differences(string kind, Array64 x, Array64 labels, ArtifactOptions? options = null)
    {
        double At(int place, double delta)
        {
            var moved = (double[])x.Doubles.Clone();
            moved[place] += delta;
            return Run(kind, new Array64(moved, x.Dims), labels, options).Loss;
        }

        return [.. Enumerable.Range(0, x.Count).Select(i => (At(i, Step) - At(i, -Step)) / (2 * Step))];
    }

    private static (double Loss, double[] Gradient) Run(string kind, Array64 x, Array64? labels, ArtifactOptions? options = null)
    {
        var graph = new Graph("loss");
        var build = new GraphBuilder(graph, 18);
        var logits = build.Input("x", ElementType.Float, Shape.Of(x.Dims.Select(d => (long)d)));
        var (loss, input) = Losses.Table[kind](build, logits, options ?? new ArtifactOptions());
        build.Output(loss, "loss");
        var gradient = Backward.Append(graph, new Dictionary<string, int> { [""] = 18, ["com.microsoft"] = 1 }, loss, [logits])[logits];
        var feeds = new Dictionary<string, Array64> { ["x"] = x };
        if (input is not null)
        {
            feeds.Add(input.Name, labels!);
        }

        var result = Interpreter.Run(graph, feeds);
        return (result[loss].Doubles[0], result[gradient].Doubles);
    }
}
