using NUnit.Framework;
using OnnxPipeline.Ir;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class NormalizationTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Softmaxes(), .. LayerNormalizations(), .. RootMeanSquares(), .. Skips(), .. Norms(), .. Losses(), .. Dropouts()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("LayerNormalization", 1)]
    [TestCase("SimplifiedLayerNormalization", 1)]
    [TestCase("SoftmaxCrossEntropyLoss", 1)]
    public void Rule_LossOfASecondaryOutput_IsRefusedByName(string op, int used)
    {
        var given = op != "SoftmaxCrossEntropyLoss" ? new GradientCase(op, X(2, 3), X2(3)) { Outputs = op == "LayerNormalization" ? 3 : 2, Used = [0, used] }.With(("stash_type", (long)Files.ElementType.Double)) : new GradientCase(op, X(2, 3), Fed(0, 2)) { Outputs = 2, Used = [0, used] };
        Assert.That(() => GradientCheck.Run(given, Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains(op));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void LpNormalization_OfZeros_HasNoGradient(int p)
    {
        var gradient = Gradients.Of("LpNormalization", [("p", p)], Exactly([0, 0, 0, 1, -2, 4], 2, 3))[0].Doubles;
        Assert.That(gradient[..3], Is.All.Zero);
        Assert.That(gradient[3..], Has.None.NaN.And.Some.Not.Zero);
    }

    [TestCase("SoftmaxCrossEntropyLoss")]
    [TestCase("NegativeLogLikelihoodLoss")]
    public void Loss_TrainedClassWeights_AreRefusedByName(string op) =>
        Assert.That(() => GradientCheck.Run(new(op, X(2, 3), Fed(0, 2), Positive(3)), Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains("weights"));

    private static IEnumerable<GradientCase> Softmaxes()
    {
        foreach (var op in new[] { "Softmax", "LogSoftmax" })
        {
            yield return new(op, X(2, 3));
            foreach (var (dims, axis) in new (int[], int)[] { ([3], 0), ([2, 3], 0), ([2, 3], 1), ([2, 3], -1), ([2, 3, 2], 1), ([2, 3, 2], -2), ([2, 3, 2], 0), ([2, 1], -1) })
            {
                yield return new GradientCase(op, X(dims)).With(("axis", axis));
            }
        }
    }

    private static IEnumerable<GradientCase> LayerNormalizations()
    {
        foreach (var (dims, axis) in new (int[], int)[] { ([4], 0), ([4], -1), ([2, 4], -1), ([2, 4], 0), ([2, 3, 4], -1), ([2, 3, 4], 1), ([2, 3, 4], 0), ([2, 2, 2, 3], 2) })
        {
            var normalized = dims[(axis < 0 ? axis + dims.Length : axis)..];
            foreach (var outputs in new[] { 1, 2, 3 })
            {
                yield return new GradientCase("LayerNormalization", X(dims), X2(normalized), Positive(normalized)) { Outputs = outputs }.With(("axis", axis));
            }

            yield return new GradientCase("LayerNormalization", X(dims), X2(normalized)).With(("axis", axis), ("epsilon", 0.1f));
            yield return new GradientCase("LayerNormalization", X(dims), Frozen(normalized), Frozen(normalized)).With(("axis", axis));
            yield return new GradientCase("LayerNormalization", Frozen(dims), X(normalized), X2(normalized)).With(("axis", axis));
        }
    }

    private static IEnumerable<GradientCase> RootMeanSquares()
    {
        foreach (var (dims, axis) in new (int[], int)[] { ([4], 0), ([4], -1), ([2, 4], -1), ([2, 4], 0), ([2, 3, 4], -1), ([2, 3, 4], -2), ([2, 3, 4], 1), ([2, 3, 4], 0), ([2, 2, 2, 3], 2) })
        {
            var normalized = dims[(axis < 0 ? axis + dims.Length : axis)..];
            foreach (var (op, domain) in new[] { ("RMSNormalization", ""), ("SimplifiedLayerNormalization", ""), ("SimplifiedLayerNormalization", "com.microsoft") })
            {
                var current = op == "RMSNormalization";
                GradientCase Case(Given x, Given scale) => new GradientCase(op, x, scale) { Domain = domain, Opset = current ? 23 : 18, NeedsRanks = axis >= 0 }.With(("axis", axis));

                yield return Case(X(dims), X2(normalized));
                yield return Case(X(dims), X2(normalized)).With(("epsilon", 0.1f));
                yield return Case(X(dims), Frozen(normalized));
                yield return Case(Frozen(dims), X(normalized)) with { Outputs = current ? 1 : 2 };
            }
        }

        yield return new("RMSNormalization", X(2, 3), X2(3)) { Opset = 23 };
        yield return new("RMSNormalization", X(2, 3), X2(1)) { Opset = 23 };
        yield return new GradientCase("RMSNormalization", X(2, 3, 4), X2(4)) { Opset = 23 }.With(("axis", -2));
        yield return new("SimplifiedLayerNormalization", X(2, 3), X2(3));
    }

    private static IEnumerable<GradientCase> Skips()
    {
        foreach (var (dims, skip) in new (int[], int[])[] { ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [1, 3, 4]), ([2, 3, 4], [3, 4]), ([3, 4], [3, 4]) })
        {
            foreach (var (beta, bias) in new[] { (false, false), (true, false), (false, true), (true, true) })
            {
                GradientCase Layer(params int[] used) =>
                    new("SkipLayerNormalization", X(dims), X2(skip), Positive(4), beta ? X(4) : null, bias ? X2(4) : null) { Domain = "com.microsoft", Outputs = used[^1] + 1, Used = used };
                yield return Layer(0);
                yield return Layer(0, 3);
                if (!beta)
                {
                    GradientCase Simplified(params int[] used) => new("SkipSimplifiedLayerNormalization", X(dims), X2(skip), Positive(4), bias ? X2(4) : null) { Domain = "com.microsoft", Outputs = used[^1] + 1, Used = used };
                    yield return Simplified(0).With(("epsilon", 0.1f));
                    yield return Simplified(0, 3);
                }
            }

            yield return new GradientCase("SkipLayerNormalization", X(dims), Frozen(skip), Frozen(4), Frozen(4)) { Domain = "com.microsoft" }.With(("epsilon", 0.1f));
        }
    }

    private static IEnumerable<GradientCase> Norms()
    {
        foreach (var (dims, axis) in new (int[], int)[] { ([4], 0), ([2, 3], -1), ([2, 3], 0), ([2, 3, 2], 1), ([2, 3, 2], -3), ([2, 1], 1) })
        {
            yield return new GradientCase("LpNormalization", X(dims)).With(("axis", axis));
            yield return new GradientCase("LpNormalization", X(dims)).With(("axis", axis), ("p", 1));
            yield return new GradientCase("LpNormalization", X(dims)).With(("axis", axis), ("p", 2));
        }

        yield return new("LpNormalization", X(3, 2));
    }

    private static IEnumerable<GradientCase> Losses()
    {
        Array64 rows = new(new long[] { 0, 2, 1, 2 }, 4), images = new(new long[] { 0, 2, 1, 2, 0, 0 }, 2, 3);
        foreach (var reduction in new[] { null, "mean", "sum", "none" })
        {
            foreach (var ignored in new long?[] { null, 2, -100 })
            {
                foreach (var weighted in new[] { false, true })
                {
                    foreach (var outputs in new[] { 1, 2 })
                    {
                        (string, AttributeValue)[] attributes = [.. reduction is null ? [] : new (string, AttributeValue)[] { ("reduction", reduction) }, .. ignored is null ? [] : new (string, AttributeValue)[] { ("ignore_index", ignored.Value) }];
                        yield return new("SoftmaxCrossEntropyLoss", X(4, 3), Fed(Labels(rows, ignored)), weighted ? Fed(new Array64(new[] { 0.5, 2, 1.25 }, 3)) : null) { Outputs = outputs, Attributes = attributes };
                        if (outputs == 1)
                        {
                            yield return new("NegativeLogLikelihoodLoss", X(4, 3), Fed(Labels(rows, ignored)), weighted ? Frozen(3) : null) { Attributes = attributes };
                            yield return new("NegativeLogLikelihoodLoss", X(2, 3, 3), Fed(Labels(images, ignored)), weighted ? Frozen(3) : null) { Attributes = attributes };
                        }

                        yield return new("SoftmaxCrossEntropyLoss", X(2, 3, 3), Fed(Labels(images, ignored)), weighted ? Fed(new Array64(new[] { 0.5, 2, 1.25 }, 3)) : null) { Outputs = outputs, Attributes = attributes };
                    }
                }
            }
        }
    }

    /// <summary>With −100 an ignored label that lies outside the classes.</summary>
    private static Array64 Labels(Array64 labels, long? ignored) => ignored == -100 ? new(labels.Longs.Select((l, i) => i == 1 ? -100 : l).ToArray(), labels.Dims) : labels;

    // The interpreter draws no numbers: ONNX's operator is proved where it draws none, ours everywhere.
    private static IEnumerable<GradientCase> Dropouts()
    {
        foreach (var dims in ArithmeticTests.Ranks)
        {
            yield return new("Dropout", X(dims));
            yield return new("Dropout", X(dims), FixedScalar(0.4)) { Outputs = 2 };
            yield return new("Dropout", X(dims), FixedScalar(0.4), FixedScalar(false)) { Outputs = 2 };
            yield return new("Dropout", X(dims), FixedScalar(0.0), FixedScalar(true));
            yield return new("Dropout", X(dims), Frozen(0.0), FixedScalar(true)) { Outputs = 2 };
            yield return new("Dropout", X(dims), Frozen(0.4), Fed(Array64.Scalar(false)));
            yield return new("Dropout", X(dims), Frozen(0.0), Fed(Array64.Scalar(true)));
            foreach (var outputs in new[] { 1, 2 })
            {
                yield return new("Dropout", X(dims), Frozen(0.4), Fed(Array64.Scalar(7L)), Fed(Array64.Scalar(3L))) { Domain = "ai.onnxpipeline", Outputs = outputs };
            }
        }

        yield return new("Dropout", X(5, 8), FixedScalar(0.4), FixedScalar(7L), FixedScalar(3L)) { Domain = "ai.onnxpipeline" };
    }
}
