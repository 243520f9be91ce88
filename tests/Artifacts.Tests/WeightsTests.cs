using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts.Tests;

public sealed class WeightsTests
{
    private static readonly Dictionary<string, int> Opsets = new() { [""] = 18 };

    private static Tensor Ones(params long[] dims)
    {
        var count = dims.Aggregate(1L, (a, b) => a * b);
        return Tensor.From<float>([.. Enumerable.Repeat(1f, (int)count)], dims);
    }

    /// <summary>The verdict on <c>w</c> in a graph that computes y from x [batch, 4, 8] and w.</summary>
    private static WeightCandidate Verdict(long[] dims, Func<GraphBuilder, Value, Value, Value> use)
    {
        var graph = new Graph("g");
        var build = new GraphBuilder(graph, 18);
        var x = build.Input("x", ElementType.Float, ["batch", 4, 8]);
        var w = build.Initializer("w", Ones(dims));
        var y = use(build, x, w);
        build.Output(y, "y");
        return Weights.Classify(graph, Opsets, [y]).Single(c => c.Name == "w");
    }

    private static readonly object[] Cases =
    [
        Case("MatMul", [8, 3], WeightVerdict.Weight, (b, x, w) => b.MatMul(x, w)),
        Case("MatMulTransposed", [3, 8], WeightVerdict.Weight, (b, x, w) => b.MatMul(x, b.Transpose(w, 1, 0))),
        Case("MatMulCastAndReshaped", [24], WeightVerdict.Weight, (b, x, w) => b.MatMul(x, b.Cast(b.Reshape(w, 8, 3), ElementType.Float))),
        Case("Gather", [10, 8], WeightVerdict.Weight, (b, x, w) => b.Add(x, b.Gather(w, b.Constant(1)))),
        Case("PaddedPositions", [3, 8], WeightVerdict.Weight, (b, x, w) => b.Add(x, b.Pad(w, b.Constant(0, 0, 1, 0)))),
        Case("ResizedPositions", [1, 2, 8], WeightVerdict.Weight, (b, x, w) => b.Add(x, b.Op("Resize", [w, null, b.Constant(Tensor.From<float>([1, 2, 1], 3))]))),
        Case("Bias", [8], WeightVerdict.Weight, (b, x, w) => b.Add(x, w)),
        Case("BiasOfOne", [1], WeightVerdict.Weight, (b, x, w) => b.Add(x, w)),
        Case("PositionTable", [4, 8], WeightVerdict.Weight, (b, x, w) => b.Add(x, w)),
        Case("Mask", [4, 8], WeightVerdict.Constant, (b, x, w) => b.Softmax(b.Add(x, w))),
        Case("RowBeforeSoftmax", [8], WeightVerdict.Weight, (b, x, w) => b.Softmax(b.Add(x, w))),
        Case("Factor", [8], WeightVerdict.Weight, (b, x, w) => b.Mul(x, w)),
        Case("FactorOfOne", [1], WeightVerdict.Weight, (b, x, w) => b.Mul(x, w)),
        Case("FactorOfOneByOne", [1, 1], WeightVerdict.Constant, (b, x, w) => b.Mul(x, w)),
        Case("FactorMatrix", [4, 8], WeightVerdict.Constant, (b, x, w) => b.Mul(x, w)),
        Case("Divisor", [8], WeightVerdict.Constant, (b, x, w) => b.Div(x, w)),
        Case("Scalar", [], WeightVerdict.Constant, (b, x, w) => b.Mul(x, w)),
        Case("Concatenated", [1, 1, 8], WeightVerdict.Weight, (b, x, w) => b.Concat(1, b.Expand(w, b.Constant(2, 1, 8)), x)),
        Case("JoinedWithAConstant", [4, 3], WeightVerdict.Weight, (b, x, w) => b.MatMul(x, b.Concat(0, w, b.Constant(Ones(4, 3))))),
        Case("ConcatenatedAndTiled", [1, 1, 8], WeightVerdict.Weight, (b, x, w) => b.Concat(1, b.Op("Tile", [w, b.Constant(2, 1, 1)]), x)),
        Case("ConcatenatedConstants", [1, 8], WeightVerdict.Constant, (b, x, w) => b.Div(x, b.Concat(0, w, b.Constant(Ones(3, 8))))),
        Case("NormalizationScale", [8], WeightVerdict.Weight, (b, x, w) => b.LayerNormalization(x, w, null)),
        Case("InverseFrequencies", [8, 3], WeightVerdict.Constant, (b, x, w) => Waves(b, b.MatMul(Counted(b, x), w))),
        Case("FrequenciesOfFixedPositions", [1, 3], WeightVerdict.Constant, (b, x, w) => Waves(b, b.MatMul(b.Constant(Tensor.From<float>([0, 1, 2, 3], 4, 1)), w))),
        Case("OneWaveOfPositions", [8, 3], WeightVerdict.Constant, (b, x, w) => b.Cos(b.MatMul(Counted(b, x), w))),
        Case("FrequenciesOfATime", [8], WeightVerdict.Constant, (b, x, w) => Waves(b, b.Mul(x, w))),
        Case("LearnedFrequencies", [8], WeightVerdict.Weight, (b, x, w) => b.Sin(b.Mul(x, w))),
        Case("LayerOfSines", [8, 3], WeightVerdict.Weight, (b, x, w) => b.Sin(b.Mul(b.Add(b.MatMul(x, w), b.Constant(Ones(3))), b.Constant(30f)))),
        Case("LayerBehindALayer", [8, 3], WeightVerdict.Weight, (b, x, w) => Waves(b, b.MatMul(b.Sin(b.MatMul(x, b.Constant(Ones(8, 8)))), w))),
        Case("LayerOnATable", [8, 3], WeightVerdict.Weight, (b, x, w) => b.Sin(b.MatMul(b.Gather(b.Constant(Ones(5, 8)), b.Cast(x, ElementType.Int64)), w))),
        Case("BiasLessAMean", [8], WeightVerdict.Weight, (b, x, w) => b.Add(b.Mul(x, b.Constant(Ones(8))), b.Sub(w, b.ReduceMean(x, [-1])))),
        Case("LessAnActivation", [8], WeightVerdict.Constant, (b, x, w) => b.Relu(b.Sub(w, x))),
        Case("ScaleThatOnlyNormalizes", [4], WeightVerdict.Constant, (b, x, w) => b.Add(b.Mul(b.Reshape(b.Op("InstanceNormalization", [x, w, b.Constant(Zeros(4))]), -1, 4, 8), b.Constant(Ones(4, 1))), b.Constant(Ones(4, 1)))),
        Case("ScaleWithoutOthersBehind", [4], WeightVerdict.Weight, (b, x, w) => b.Relu(b.Op("InstanceNormalization", [x, w, b.Constant(Zeros(4))]))),
        Case("ScaleWithABias", [4], WeightVerdict.Weight, (b, x, w) => b.Add(b.Mul(b.Op("InstanceNormalization", [x, w, b.Constant(Ones(4))]), b.Constant(Ones(4, 1))), b.Constant(Ones(4, 1)))),
        Case("Slopes", [4, 1], WeightVerdict.Constant, (b, x, w) => b.Softmax(b.Add(x, b.Mul(w, Counted(b, x))))),
        Case("FactorInScores", [4, 1], WeightVerdict.Weight, (b, x, w) => b.Softmax(b.Add(x, b.Mul(w, b.Relu(x))))),
        Case("FactorOfCounts", [4, 1], WeightVerdict.Weight, (b, x, w) => b.Relu(b.Add(x, b.Mul(w, Counted(b, x))))),
        Case("MaskOfWhichIsChosen", [4, 8], WeightVerdict.Constant, (b, x, w) => b.Softmax(b.Where(b.Greater(x, b.Constant(0f)), b.Add(x, w), x))),
        Case("OnlyInABranch", [8, 3], WeightVerdict.Weight, (b, x, w) => Branches(b, () => b.MatMul(x, w), x)),
        Case("BehindFloor", [8, 3], WeightVerdict.Constant, (b, x, w) => b.Op("Floor", [b.MatMul(x, w)])),
        Case("AnglesOfRotary", [10, 4], WeightVerdict.Constant, (b, x, w) => Decomposed(b, b.Op("RotaryEmbedding", [x, b.Constant(0), w, b.Constant(Ones(10, 4))], domain: "com.microsoft"))),
        Case("FixedGrid", [1, 3, 3, 2], WeightVerdict.Constant, (b, x, w) => Decomposed(b, b.Op("GridSample", [b.Unsqueeze(x, 1), b.Expand(w, b.Concat(0, b.Shape(x, 0, 1), b.Constant(3, 3, 2)))]))),
        Case("FixedTransform", [2, 2, 3], WeightVerdict.Constant, (b, x, w) => Decomposed(b, b.Op("AffineGrid", [w, b.Constant(2, 1, 4, 8)]))),
        Case("SpelledNormalizationScale", [4, 8], WeightVerdict.Weight, (b, x, w) => b.Mul(Standardized(b, x), w)),
        Case("FlattenedMask", [4, 8], WeightVerdict.Constant, (b, x, w) => b.Softmax(b.Op("Flatten", [b.Add(x, w)], [("axis", 2)]))),
        Case("Slope", [8], WeightVerdict.Weight, (b, x, w) => b.Op("PRelu", [x, w])),
        Case("RunningMean", [4], WeightVerdict.Buffer, (b, x, w) => b.Op("BatchNormalization", [x, b.Constant(Ones(4)), b.Constant(Ones(4)), w, b.Constant(Ones(4))])),
        Case("BatchNormalizationScale", [4], WeightVerdict.Weight, (b, x, w) => b.Op("BatchNormalization", [x, w, b.Constant(Ones(4)), b.Constant(Ones(4)), b.Constant(Ones(4))])),
        Case("Unused", [8, 3], WeightVerdict.Constant, (b, x, w) => b.Neg(x)),
    ];

    /// <summary>x without its mean, divided by its deviation, over the axes of length 4 and 8.</summary>
    private static Value Standardized(GraphBuilder b, Value x)
    {
        var centered = b.Sub(x, b.ReduceMean(x, [-2, -1]));
        return b.Div(centered, b.Sqrt(b.Add(b.ReduceMean(b.Pow(centered, b.Constant(2f)), [-2, -1]), b.Constant(1e-5f))));
    }

    /// <summary>The same value after <see cref="Decomposition"/>.</summary>
    private static Value Decomposed(GraphBuilder build, Value y)
    {
        var held = build.Identity(y);
        Decomposition.Apply(build.Graph, 18);
        return held;
    }

    /// <summary>An If of which the nodes that <paramref name="then"/> appends are one branch, and Neg(x) the other.</summary>
    private static Value Branches(GraphBuilder build, Func<Value> then, Value x)
    {
        var (one, other) = (new Graph("one"), new GraphBuilder(new Graph("other"), 18));
        var y = then();
        build.Graph.Nodes.Unlink(y.Producer!);
        one.Nodes.Add(y.Producer!);
        one.Outputs.Add(y);
        other.Output(other.Neg(x));
        return build.Op("If", [build.Input("condition", ElementType.Bool, [])], [("then_branch", new GraphAttribute(one)), ("else_branch", new GraphAttribute(other.Graph))]);
    }

    private static Value Waves(GraphBuilder build, Value angles) => build.Concat(-1, build.Sin(angles), build.Cos(angles));

    private static Value Counted(GraphBuilder build, Value x) => build.Cast(build.Cast(x, ElementType.Int64), ElementType.Float);

    private static Tensor Zeros(long count) => Tensor.From<float>(new float[count], count);

    private static TestCaseData Case(string name, long[] dims, WeightVerdict verdict, Func<GraphBuilder, Value, Value, Value> use) =>
        new TestCaseData(dims, verdict, use).SetArgDisplayNames(name);

    [TestCaseSource(nameof(Cases))]
    public void Classify_Use_DecidesTheVerdict(long[] dims, WeightVerdict verdict, Func<GraphBuilder, Value, Value, Value> use)
    {
        var found = Verdict(dims, use);
        Assert.That(found.Verdict, Is.EqualTo(verdict), found.Reason);
        Assert.That(found.Reason, Is.Not.Empty);
    }

    [TestCase(false, WeightVerdict.Weight)]
    [TestCase(true, WeightVerdict.Constant)]
    public void Classify_FirstState_IsAWeightIfItsNumbersDiffer(bool uniform, WeightVerdict verdict)
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, [5, 2, 4]);
        var state = b.Initializer("state", uniform ? Ones(1, 1, 3) : Mlp.Random(1, 1, 1, 3));
        var y = b.Op("GRU", [x, b.Initializer("w", Ones(1, 9, 4)), b.Initializer("r", Ones(1, 9, 3)), null, null, b.Expand(state, b.Constant(1, 2, 3))], [("hidden_size", 3L)]);
        b.Output(y, "y");
        Assert.That(Weights.Classify(graph, Opsets, [y]).Single(c => c.Name == "state").Verdict, Is.EqualTo(verdict));
    }

    [Test]
    public void Classify_PaddingInAConstantNode_IsNone()
    {
        var graph = new Graph("g");
        var b = new GraphBuilder(graph, 18);
        var padding = b.Constant(Ones(1, 8));
        var y = b.Concat(0, padding, b.MatMul(b.Input("x", ElementType.Float, [4, 8]), b.Initializer("w", Ones(8, 8))));
        b.Output(y, "y");
        Assert.That(Weights.Classify(graph, Opsets, [y]).Select(c => c.Verdict), Is.EqualTo(new[] { WeightVerdict.Weight, WeightVerdict.Constant }));
    }

    [Test]
    public void Classify_WeightInAConstantNode_ComesAfterTheInitializers()
    {
        var graph = new Graph("g");
        var build = new GraphBuilder(graph, 18);
        var x = build.Input("x", ElementType.Float, ["batch", 8]);
        var constant = build.Constant(Ones(8, 8));
        constant.Name = "val_1";
        var y = build.MatMul(build.MatMul(x, constant), build.Initializer("w", Ones(8, 2)));
        build.Output(y, "y");
        Assert.That(Weights.Classify(graph, Opsets, [y]).Select(c => (c.Name, c.Verdict)), Is.EqualTo(new[] { ("w", WeightVerdict.Weight), ("val_1", WeightVerdict.Weight) }));
    }
}
