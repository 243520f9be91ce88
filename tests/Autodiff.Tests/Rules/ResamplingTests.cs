using NUnit.Framework;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class ResamplingTests
{
    private static readonly string[] Coordinates = ["half_pixel", "pytorch_half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric"];

    /// <summary>Every way of interpolating.</summary>
    private static readonly (string, AttributeValue)[][] Modes =
    [
        .. new[] { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" }.Select(rounding => new (string, AttributeValue)[] { ("mode", "nearest"), ("nearest_mode", rounding) }),
        [("mode", "linear")], [("mode", "cubic")], [("mode", "cubic"), ("cubic_coeff_a", -0.5f), ("exclude_outside", 1)],
        [("mode", "linear"), ("antialias", 1)], [("mode", "linear"), ("antialias", 1), ("exclude_outside", 1)], [("mode", "cubic"), ("antialias", 1)], [("mode", "cubic"), ("antialias", 1), ("exclude_outside", 1)],
    ];

    internal static IEnumerable<GradientCase> Cases() => [.. Images(), .. Ranks(), .. Crops(), .. Policies()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    [Test]
    public void Resize_TrainedRoi_IsRefusedByName() =>
        Assert.That(() => GradientCheck.Run(Case([3, 4], null, ("coordinate_transformation_mode", "tf_crop_and_resize")) with { Inputs = [X(3, 4), Exactly([0, 0, 1, 1], 4), FixedSingles(1f, 2f)] }, Knowledge.Numbers),
            Throws.TypeOf<AutodiffException>().With.Message.Contains("roi"));

    [Test]
    public void Resize_ScaleThatChangesNoSize_IsRefused() =>
        Assert.That(() => GradientCheck.Run(Case([3, 4], FixedSingles(1.125f, 2f)), Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains("1.125").And.Message.Contains("axis 0"));

    private static IEnumerable<GradientCase> Images()
    {
        foreach (var mode in Modes)
        {
            foreach (var coordinates in Coordinates)
            {
                foreach (var scales in new float[][] { [1, 1, 2, 3], [1, 1, 1.5f, 0.75f], [1, 1, 0.5f, 2.5f] })
                {
                    yield return Case([1, 2, 3, 4], FixedSingles(scales), [.. mode, ("coordinate_transformation_mode", coordinates)]);
                }

                yield return Case([2, 1, 3, 4], null, [.. mode, ("coordinate_transformation_mode", coordinates)]) with { Inputs = [X(2, 1, 3, 4), null, null, Fixed(2L, 1L, 7L, 3L)] };
            }

            yield return Case([1, 1, 3, 4], FedSingles(1f, 1f, 2f, 0.75f), mode);
            yield return Case([1, 1, 3, 4], null, mode) with { Inputs = [X(1, 1, 3, 4), null, null, Fed(1L, 1L, 6L, 3L)] };
            yield return Case([1, 1, 3, 4], null, [.. mode, ("axes", (long[])[3, 2])]) with { Inputs = [X(1, 1, 3, 4), null, FixedSingles(2f, 0.75f)] };
            yield return Case([1, 1, 3, 4], null, [.. mode, ("axes", (long[])[3])]) with { Inputs = [X(1, 1, 3, 4), null, null, Fixed(7L)] };
            yield return Case([1, 1, 3, 4], null, [.. mode, ("coordinate_transformation_mode", "pytorch_half_pixel")]) with { Inputs = [X(1, 1, 3, 4), null, null, Fixed(1L, 1L, 1L, 1L)] };
        }
    }

    private static IEnumerable<GradientCase> Ranks()
    {
        foreach (var mode in Modes)
        {
            yield return Case([3, 4], FixedSingles(2f, 1.5f), mode);
            yield return Case([5], FixedSingles(2f), mode);
            yield return Case([2, 3, 4], FixedSingles(1f, 1f, 2f), mode);
            yield return Case([2, 3, 4], FixedSingles(0.5f, 2f, 0.75f), mode);
            yield return Case([1, 2, 3, 2, 2], FixedSingles(1f, 1f, 2f, 1.5f, 3f), mode);
            yield return Case([1, 3, 4, 2], FixedSingles(1f, 2f, 1.5f, 1f), mode); // channels last
            yield return Case([2, 3], FixedSingles(1f, 1f), mode);
        }

        yield return Case([2, 3], null, ("mode", "nearest")) with { Inputs = [X(2, 3), FixedSingles(), FixedSingles(), Fixed(4L, 6L)] };
    }

    private static IEnumerable<GradientCase> Crops()
    {
        foreach (var mode in Modes)
        {
            (string, AttributeValue)[] crop = [.. mode, ("coordinate_transformation_mode", "tf_crop_and_resize"), ("extrapolation_value", 0.3f)];
            yield return Case([3, 4], null, crop) with { Inputs = [X(3, 4), FixedSingles(0.1f, -0.2f, 0.8f, 1.1f), FixedSingles(2f, 1.5f)] };
            yield return Case([3, 4], null, crop) with { Inputs = [X(3, 4), FedSingles(0.1f, 0.2f, 0.8f, 0.9f), null, Fixed(2L, 5L)] };
            yield return Case([1, 1, 3, 4], null, [.. crop, ("axes", (long[])[2, 3])]) with { Inputs = [X(1, 1, 3, 4), FixedSingles(0.1f, 0.2f, 0.8f, 0.9f), null, Fixed(2L, 5L)] };
        }
    }

    private static IEnumerable<GradientCase> Policies()
    {
        foreach (var mode in Modes)
        {
            foreach (var policy in new[] { "not_larger", "not_smaller" })
            {
                (string, AttributeValue)[] attributes = [.. mode, ("keep_aspect_ratio_policy", policy), ("axes", (long[])[2, 3])];
                yield return Case([1, 2, 4, 3], null, attributes) with { Inputs = [X(1, 2, 4, 3), null, null, Fixed(6L, 7L)], NeedsSizes = true };
                yield return Case([1, 1, 4, 6], null, attributes) with { Inputs = [X(1, 1, 4, 6), null, null, Fixed(3L, 3L)], NeedsSizes = true };
            }

            yield return Case([1, 1, 4, 3], null, [.. mode, ("keep_aspect_ratio_policy", "not_larger"), ("axes", (long[])[2])]) with { Inputs = [X(1, 1, 4, 3), null, null, Fixed(6L)] };
        }
    }

    private static GradientCase Case(int[] dims, Given? scales, params (string, AttributeValue)[] attributes) =>
        new GradientCase("Resize", X(dims), null, scales) { Opset = 19, NeedsRanks = true, Attributes = attributes };
}
