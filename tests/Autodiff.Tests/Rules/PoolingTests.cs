using NUnit.Framework;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class PoolingTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Lines(), .. Planes(), .. Globals()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [Test]
    public void MaxPool_EqualMaxima_TheFirstHasTheGradient() =>
        Assert.That(Gradients.Of("MaxPool", [("kernel_shape", (long[])[2]), ("strides", (long[])[2])], Exactly([1, 1, 0, 3, 2, 2], 1, 1, 6))[0].Doubles, Is.EqualTo(new double[] { 1, 0, 0, 1, 1, 0 }));

    [Test]
    public void GlobalMaxPool_EqualMaxima_ShareEvenly() =>
        Assert.That(Gradients.Of("GlobalMaxPool", [], Exactly([1, 3, 0, 3], 1, 1, 4))[0].Doubles, Is.EqualTo(new[] { 0, 0.5, 0, 0.5 }));

    [Test]
    public void LpPool_WindowOfZeros_HasGradientZero() =>
        Assert.That(Gradients.Of("LpPool", [("kernel_shape", (long[])[2]), ("strides", (long[])[2])], Exactly([0, 0, 3, 4], 1, 1, 4))[0].Doubles, Is.EqualTo(new[] { 0, 0, 0.6, 0.8 }).Within(1e-12));

    private static IEnumerable<GradientCase> Lines()
    {
        foreach (var (kernel, stride, pads, up) in
            from k in new long[] { 2, 3 } from s in new long[] { 1, 2, 3 } from p in new long[][] { [0, 0], [1, 1], [0, 1] } from c in new[] { 0L, 1 } select (k, s, p, c))
        {
            (string, AttributeValue)[] attributes = [("kernel_shape", (long[])[kernel]), ("strides", (long[])[stride]), ("pads", pads), ("ceil_mode", up)];
            yield return new("MaxPool", X(2, 2, 6)) { Attributes = attributes };
            yield return new GradientCase("AveragePool", X(2, 2, 6)) { Attributes = attributes, NeedsRanks = true };
            yield return new GradientCase("AveragePool", X(2, 2, 6)) { Attributes = attributes, NeedsRanks = true }.With(("count_include_pad", 1L));
            yield return new GradientCase("LpPool", X(2, 2, 6)) { Attributes = attributes, NeedsRanks = true };
        }

        foreach (var (dilation, stride, up) in from d in new long[] { 2, 3 } from s in new long[] { 1, 2 } from c in new[] { 0L, 1 } select (d, s, c))
        {
            (string, AttributeValue)[] attributes = [("kernel_shape", (long[])[2]), ("strides", (long[])[stride]), ("dilations", (long[])[dilation]), ("pads", (long[])[1, 1]), ("ceil_mode", up)];
            yield return new("MaxPool", X(2, 2, 7)) { Attributes = attributes };
            yield return new GradientCase("AveragePool", X(2, 2, 7)) { Attributes = attributes, NeedsRanks = true, Opset = 19 };
            yield return new GradientCase("AveragePool", X(2, 2, 7)) { Attributes = attributes, NeedsRanks = true, Opset = 22 }.With(("count_include_pad", 1L));
            yield return new GradientCase("LpPool", X(2, 2, 7)) { Attributes = attributes, NeedsRanks = true };
        }

        foreach (var mode in new[] { "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET" })
        {
            foreach (var stride in new long[] { 1, 2 })
            {
                (string, AttributeValue)[] attributes = [("kernel_shape", (long[])[2]), ("strides", (long[])[stride]), ("auto_pad", mode)];
                var needs = stride > 1 && mode.StartsWith("SAME", StringComparison.Ordinal);
                yield return new("MaxPool", X(1, 2, 5)) { Attributes = attributes };
                yield return new GradientCase("AveragePool", X(1, 2, 5)) { Attributes = attributes, NeedsRanks = true, NeedsSizes = needs };
                yield return new GradientCase("LpPool", X(1, 2, 5)) { Attributes = attributes, NeedsRanks = true, NeedsSizes = needs };
            }
        }

        foreach (var p in new long[] { 1, 2, 3, 4 })
        {
            yield return new GradientCase("LpPool", X(1, 2, 5)) { NeedsRanks = true }.With(("kernel_shape", (long[])[3]), ("p", p));
        }
    }

    private static IEnumerable<GradientCase> Planes()
    {
        foreach (var op in new[] { "MaxPool", "AveragePool", "LpPool" })
        {
            GradientCase Case(int[] dims, params (string, AttributeValue)[] attributes) => new(op, X(dims)) { Attributes = attributes, NeedsRanks = op != "MaxPool" };
            yield return Case([1, 2, 4, 4], ("kernel_shape", (long[])[2, 2]), ("strides", (long[])[2, 2]));
            yield return Case([2, 1, 5, 4], ("kernel_shape", (long[])[3, 2]), ("strides", (long[])[2, 1]), ("pads", (long[])[1, 0, 1, 1]));
            yield return Case([1, 1, 6, 5], ("kernel_shape", (long[])[3, 3]), ("strides", (long[])[2, 2]), ("pads", (long[])[1, 1, 0, 1]), ("ceil_mode", 1L));
            yield return Case([1, 1, 3, 4, 3], ("kernel_shape", (long[])[2, 2, 2]), ("strides", (long[])[1, 2, 2]), ("ceil_mode", 1L));
            yield return Case([1, 2, 3, 3, 3], ("kernel_shape", (long[])[2, 3, 2]), ("pads", (long[])[0, 1, 1, 0, 1, 0]));
        }

        (string, AttributeValue)[] padded = [("kernel_shape", (long[])[3, 2]), ("strides", (long[])[2, 2]), ("pads", (long[])[1, 0, 1, 1]), ("count_include_pad", 1L)];
        yield return new GradientCase("AveragePool", X(1, 2, 5, 4)) { Attributes = padded, NeedsRanks = true };
        yield return new GradientCase("AveragePool", X(1, 2, 4, 4)) { Attributes = padded, NeedsRanks = true }.With(("ceil_mode", 1L));
        yield return new GradientCase("MaxPool", X(2, 2, 3, 4)) { NeedsRanks = true }.With(("kernel_shape", (long[])[2, 2]), ("storage_order", 1L));
        yield return new GradientCase("MaxPool", X(1, 2, 3, 2, 4)) { NeedsRanks = true, Outputs = 2 }.With(("kernel_shape", (long[])[2, 1, 2]), ("storage_order", 1L));
        yield return new GradientCase("MaxPool", X(1, 2, 3, 4)) { Outputs = 2 }.With(("kernel_shape", (long[])[2, 2]));
    }

    private static IEnumerable<GradientCase> Globals()
    {
        foreach (var op in new[] { "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool" })
        {
            foreach (var dims in new int[][] { [2, 3, 4], [2, 1, 3, 4], [1, 2, 3, 1, 2], [1, 1, 1] })
            {
                yield return new(op, X(dims)) { NeedsRanks = op != "GlobalLpPool" };
            }
        }

        foreach (var p in new long[] { 1, 3, 4 })
        {
            yield return new GradientCase("GlobalLpPool", X(2, 2, 3, 2)).With(("p", p));
        }
    }
}
