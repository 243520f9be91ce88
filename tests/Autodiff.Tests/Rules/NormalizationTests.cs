using NUnit.Framework;
using OnnxPipeline.Ir;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class NormalizationTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Softmaxes(), .. LayerNormalizations(), .. Losses(), .. Dropouts()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [TestCase("LayerNormalization", 1)]
    [TestCase("SoftmaxCrossEntropyLoss", 1)]
    public void Rule_LossOfASecondaryOutput_IsRefusedByName(string op, int used)
    {
        var given = op == "LayerNormalization" ? new GradientCase(op, X(2, 3), X2(3)) { Outputs = 3, Used = [0, used] }.With(("stash_type", (long)Files.ElementType.Double)) : new GradientCase(op, X(2, 3), Fed(0, 2)) { Outputs = 2, Used = [0, used] };
        Assert.That(() => GradientCheck.Run(given, Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains(op));
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
