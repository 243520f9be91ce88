using NUnit.Framework;
using OnnxPipeline.Ir;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class SpectralTests
{
    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var parts in new[] { 1, 2 })
        {
            foreach (var inverse in new[] { 0, 1 })
            {
                yield return Dft17([2, 5, parts], ("inverse", inverse));
                yield return Dft17([2, 3, 4, parts], ("inverse", inverse), ("axis", 2));
                yield return Dft17([4, 3, parts], ("inverse", inverse), ("axis", 0));
                yield return Dft20([2, 3, 4, parts], null, null, ("inverse", inverse));
                yield return Dft20([2, 3, 4, parts], null, FixedScalar(1L), ("inverse", inverse));
                yield return Dft20([2, 3, 4, parts], FixedScalar(7L), FixedScalar(-2L), ("inverse", inverse));
                yield return Dft20([2, 5, parts], FixedScalar(3L), FixedScalar(1L), ("inverse", inverse));
            }
        }

        foreach (var length in new Given?[] { null, FixedScalar(7L), FixedScalar(4L) })
        {
            yield return Dft17([2, 6, 1], ("onesided", 1)) with { Inputs = [X(2, 6, 1), length] };
            yield return Dft20([2, 5, 1], length, FixedScalar(-2L), ("onesided", 1));
        }
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    private static GradientCase Dft17(int[] dims, params (string, AttributeValue)[] attributes) => new("DFT", X(dims)) { Opset = 18, Attributes = attributes, NeedsRanks = true, NeedsSizes = true };

    private static GradientCase Dft20(int[] dims, Given? length, Given? axis, params (string, AttributeValue)[] attributes) =>
        new("DFT", X(dims), length, axis) { Opset = 20, Attributes = attributes, NeedsRanks = true, NeedsSizes = true };
}
