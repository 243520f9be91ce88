using NUnit.Framework;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ConvolutionTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Convs(), .. Transposes(), .. Fused()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    private static IEnumerable<GradientCase> Convs()
    {
        GradientCase Case(int[] x, int[] w, bool bias, params (string, AttributeValue)[] attributes) =>
            new("Conv", X(x), X2(w), bias ? Positive(w[0]) : null) { NeedsRanks = true, Attributes = attributes };

        // 1-D: every combination
        foreach (var (strides, dilations, pads, group) in
            from s in new long[] { 1, 2, 3 } from d in new long[] { 1, 2 } from p in new long[][] { [0, 0], [1, 1], [2, 0] } from g in new long[] { 1, 2 } select (s, d, p, g))
        {
            yield return Case([2, 2, 7], [2, (int)(2 / group), 3], group == 1, ("strides", (long[])[strides]), ("dilations", (long[])[dilations]), ("pads", pads), ("group", group));
        }

        foreach (var mode in new[] { "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET" })
        {
            yield return Case([1, 2, 6], [2, 2, 2], true, ("auto_pad", mode), ("kernel_shape", (long[])[2]));
            yield return Case([1, 2, 6], [2, 2, 4], true, ("auto_pad", mode), ("kernel_shape", (long[])[4]), ("strides", (long[])[2])) with { NeedsSizes = mode.StartsWith("SAME", StringComparison.Ordinal) };
            yield return Case([1, 2, 5], [2, 2, 3], false, ("auto_pad", mode), ("kernel_shape", (long[])[3]), ("strides", (long[])[2]), ("dilations", (long[])[2])) with { NeedsSizes = mode.StartsWith("SAME", StringComparison.Ordinal) };
        }

        yield return Case([2, 3, 5], [4, 3, 1], true);
        yield return Case([2, 3, 5], [4, 3, 1], false, ("strides", (long[])[2]));
        yield return new GradientCase("Conv", Frozen(2, 2, 5), X(3, 2, 3), X2(3)) { NeedsRanks = true };
        yield return new GradientCase("Conv", X(2, 2, 5), Frozen(3, 2, 3), Frozen(3)) { NeedsRanks = true };

        // 2-D and 3-D
        yield return Case([1, 2, 4, 5], [3, 2, 3, 2], true);
        yield return Case([2, 2, 5, 4], [2, 2, 3, 3], false, ("pads", (long[])[1, 1, 1, 1]), ("kernel_shape", (long[])[3, 3]));
        yield return Case([1, 2, 6, 5], [2, 2, 3, 2], true, ("strides", (long[])[2, 3]), ("pads", (long[])[1, 0, 2, 1]));
        yield return Case([2, 3, 5, 5], [3, 1, 3, 3], true, ("group", 3L), ("strides", (long[])[2, 2]), ("pads", (long[])[1, 1, 1, 1]));
        yield return Case([1, 2, 5, 6], [4, 1, 2, 2], false, ("group", 2L), ("dilations", (long[])[2, 3]));
        yield return Case([2, 3, 4, 5], [2, 3, 1, 1], true, ("strides", (long[])[2, 2]));
        yield return Case([1, 1, 5, 4], [1, 1, 3, 2], true, ("auto_pad", "SAME_UPPER"), ("strides", (long[])[2, 2])) with { NeedsSizes = true };
        yield return Case([1, 2, 3, 4, 3], [2, 1, 2, 3, 2], true, ("group", 2L), ("strides", (long[])[1, 2, 2]), ("pads", (long[])[0, 1, 1, 1, 1, 0]));
        yield return Case([1, 1, 3, 3, 4], [2, 1, 2, 2, 2], false, ("dilations", (long[])[1, 2, 2]));
    }

    private static IEnumerable<GradientCase> Transposes()
    {
        GradientCase Case(int[] x, int[] w, int bias, params (string, AttributeValue)[] attributes) =>
            new("ConvTranspose", X(x), X2(w), bias > 0 ? Positive(bias) : null) { NeedsRanks = true, Attributes = attributes };

        foreach (var (strides, dilations, pads, extra, group) in
            from s in new long[] { 1, 2, 3 } from d in new long[] { 1, 2 } from p in new long[][] { [0, 0], [1, 1], [2, 0] } from e in new long[] { 0, 1 } from g in new long[] { 1, 2 } where e < Math.Max(s, d) select (s, d, p, e, g))
        {
            yield return Case([2, 2, 4], [2, 2, 3], group == 1 ? 2 : 0, ("strides", (long[])[strides]), ("dilations", (long[])[dilations]), ("pads", pads), ("output_padding", (long[])[extra]), ("group", group));
        }

        foreach (var mode in new[] { "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET" })
        {
            yield return Case([1, 2, 4], [2, 2, 4], 2, ("auto_pad", mode), ("kernel_shape", (long[])[4]), ("strides", (long[])[3]));
            yield return Case([1, 2, 4], [2, 2, 2], 2, ("auto_pad", mode), ("kernel_shape", (long[])[2]));
            yield return Case([1, 2, 4], [2, 2, 3], 0, ("auto_pad", mode), ("kernel_shape", (long[])[3]), ("strides", (long[])[2]), ("output_shape", (long[])[8])) with { NeedsSizes = true };
            yield return Case([1, 2, 4], [2, 2, 3], 0, ("auto_pad", mode), ("kernel_shape", (long[])[3]), ("strides", (long[])[2]), ("output_shape", (long[])[7])) with { NeedsSizes = true };
        }

        yield return new GradientCase("ConvTranspose", Frozen(2, 2, 3), X(2, 3, 3), X2(3)) { NeedsRanks = true };
        yield return new GradientCase("ConvTranspose", X(2, 2, 3), Frozen(2, 3, 3), Frozen(3)) { NeedsRanks = true };
        yield return Case([1, 3, 3, 2], [3, 2, 2, 3], 2);
        yield return Case([2, 2, 3, 3], [2, 3, 3, 3], 3, ("strides", (long[])[2, 2]), ("pads", (long[])[1, 1, 1, 1]), ("output_padding", (long[])[1, 0]));
        yield return Case([1, 4, 2, 3], [4, 1, 3, 2], 2, ("group", 2L), ("strides", (long[])[2, 3]), ("dilations", (long[])[2, 1]), ("pads", (long[])[1, 0, 0, 1]));
        yield return Case([1, 2, 2, 2, 3], [2, 1, 2, 3, 2], 2, ("group", 2L), ("strides", (long[])[1, 2, 2]), ("pads", (long[])[0, 1, 0, 0, 1, 1]));
    }

    private static IEnumerable<GradientCase> Fused()
    {
        (string Name, float[]? Parameters)[] activations =
        [
            ("Relu", null), ("Sigmoid", null), ("Tanh", null), ("LeakyRelu", [0.3f]), ("HardSigmoid", [0.3f, 0.4f]), ("Clip", [-1.1f, 1.3f]),
        ];
        foreach (var (name, parameters) in activations)
        {
            var given = new GradientCase("FusedConv", X(1, 2, 5), X2(2, 2, 3), Positive(2), X(1, 2, 3)) { Domain = "com.microsoft", NeedsRanks = true }.With(("activation", name));
            given = parameters is null ? given : given.With(("activation_params", parameters));
            yield return given;
            yield return (given with { Inputs = [X(2, 2, 4, 4), X2(2, 1, 3, 3)] }).With(("group", 2L), ("pads", (long[])[1, 1, 1, 1]), ("strides", (long[])[2, 2]));
        }
    }
}
