using OnnxPipeline.Autodiff.Tests.Rules;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>Every case of every category.</summary>
internal static class CaseTable
{
    public static IEnumerable<GradientCase> All =>
    [
        .. ArithmeticTests.Cases(),
        .. TrigonometryTests.Cases(),
        .. ActivationTests.Cases(),
        .. ChoiceTests.Cases(),
        .. ProductsTests.Cases(),
        .. EinsumTests.Cases(),
        .. ReductionTests.Cases(),
        .. CumulationTests.Cases(),
        .. NormalizationTests.Cases(),
        .. ChannelNormalizationTests.Cases(),
        .. RecurrentTests.Cases(),
        .. AttentionTests.Cases(),
        .. MovementTests.Cases(),
        .. SelectionTests.Cases(),
        .. ConvolutionTests.Cases(),
        .. PoolingTests.Cases(),
        .. PaddingTests.Cases(),
        .. ResamplingTests.Cases(),
        .. SamplingTests.Cases(),
        .. SpectralTests.Cases(),
    ];
}
