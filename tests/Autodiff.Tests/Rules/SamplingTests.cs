using NUnit.Framework;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

/// <summary>Images read at computed places, and the opposite: blocks laid over an image.</summary>
public sealed class SamplingTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Grids(), .. Affine(), .. Blocks(), .. Responses()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    private static IEnumerable<GradientCase> Grids()
    {
        foreach (var (mode, outside, aligned) in
            from m in new[] { "bilinear", "nearest", "bicubic" } from p in new[] { "zeros", "border", "reflection" } from a in new[] { 0, 1 } select (m, p, a))
        {
            (string, AttributeValue)[] attributes = [("mode", mode), ("padding_mode", outside), ("align_corners", aligned)];
            // Places up to 1.7 lie outside; nearest has a gradient of x alone, the other one is 0.
            yield return new GradientCase("GridSample", X(2, 2, 3, 4), mode == "nearest" ? Frozen(2, 2, 3, 2) : X2(2, 2, 3, 2)) { Attributes = attributes, NeedsRanks = true };
            var newer = attributes[1..].Append(("mode", (AttributeValue)(mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode))).ToArray();
            yield return new GradientCase("GridSample", X(1, 2, 4, 3), mode == "nearest" ? Frozen(1, 1, 5, 2) : X2(1, 1, 5, 2)) { Attributes = newer, NeedsRanks = true, Opset = 20 };
            if (mode != "bicubic")
            {
                yield return new GradientCase("GridSample", X(1, 2, 3, 2, 3), mode == "nearest" ? Frozen(1, 2, 1, 3, 3) : X2(1, 2, 1, 3, 3)) { Attributes = newer, NeedsRanks = true, Opset = 20 };
            }
        }

        yield return new GradientCase("GridSample", X(1, 1, 1, 3), X2(1, 2, 2, 2)) { NeedsRanks = true }.With(("padding_mode", "reflection"), ("align_corners", 1));
    }

    private static IEnumerable<GradientCase> Affine()
    {
        foreach (var aligned in new[] { 0, 1 })
        {
            yield return new GradientCase("AffineGrid", X(2, 2, 3), Fixed(2L, 3L, 3L, 4L)) { Opset = 20 }.With(("align_corners", aligned));
            yield return new GradientCase("AffineGrid", X(1, 3, 4), Fed(1L, 2L, 2L, 3L, 1L)) { Opset = 20, NeedsRanks = true, NeedsSizes = true }.With(("align_corners", aligned));
        }
    }

    private static IEnumerable<GradientCase> Blocks()
    {
        GradientCase Case(int[] dims, long[] image, long[] block, params (string, AttributeValue)[] attributes) => new("Col2Im", X(dims), Fixed(image), Fixed(block)) { Attributes = attributes };
        yield return Case([1, 5, 5], [5, 5], [1, 5]);
        yield return Case([2, 8, 6], [3, 4], [2, 2]);
        yield return Case([1, 4, 4], [4, 4], [2, 2], ("strides", (long[])[2, 2]));
        yield return Case([1, 12, 12], [5, 5], [2, 3], ("pads", (long[])[1, 0, 0, 1]), ("strides", (long[])[2, 1]));
        yield return Case([1, 4, 5], [6, 6], [2, 2], ("dilations", (long[])[1, 5]));
        yield return Case([1, 3, 5], [7], [3]);
        yield return Case([1, 8, 12], [3, 4, 3], [2, 2, 2]);
    }

    private static IEnumerable<GradientCase> Responses()
    {
        foreach (var size in new[] { 1, 2, 3, 5 })
        {
            yield return new GradientCase("LRN", X(2, 4, 3, 2)).With(("size", size), ("alpha", 0.3f), ("beta", 0.6f), ("bias", 1.5f));
            yield return new GradientCase("LRN", X(2, 5)).With(("size", size), ("alpha", 0.5f));
        }

        yield return new GradientCase("LRN", X(1, 3, 2)).With(("size", 3));
    }
}
