using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>Every operator that has a C# kernel, one line each.</summary>
internal static class CustomOpTable
{
    public static IReadOnlyList<CustomOp> Operators { get; } =
    [
        new LayerNormalizationBinding(),
        new LayerNormalizationGradBinding(),
        new AddLayerNormalizationBinding(),
        new LayerNormalizationGradAddBinding(),
        new SoftmaxCrossEntropyLossBinding(),
        new SoftmaxCrossEntropyLossGradBinding(),
        new SoftmaxCrossEntropyLossAndGradBinding("SoftmaxCrossEntropyLossAndGrad", reduction: "mean"),
        new SoftmaxCrossEntropyLossAndGradBinding("SmoothedCrossEntropyLossAndGrad", reduction: "sum"),
        new DropoutBinding(),
        new DropoutGradBinding(),
        new GatherGradBinding(),
        new GatherGradAddBinding(),
        new BiasGeluBinding(),
        new GeluGradBinding("GeluGrad", fast: false, bias: false),
        new GeluGradBinding("FastGeluGrad", fast: true, bias: false),
        new GeluGradBinding("BiasGeluGrad_dX", fast: false, bias: true),
        new GeluGradBinding("BiasFastGeluGrad_dX", fast: true, bias: true),
        new MaskedSoftmaxBinding(),
        new SoftmaxGradBinding("com.microsoft", "SoftmaxGrad_13"),
        new SoftmaxGradBinding("ai.onnxpipeline", "MaskedSoftmaxGrad"),
    ];

    private static readonly Lazy<nint[]> Domains = new(CreateDomains);

    /// <summary>The operator; null where it has no C# kernel.</summary>
    public static CustomOp? Find(string domain, string name) => Operators.FirstOrDefault(op => op.Domain == domain && op.Name == name);

    /// <summary>Offers the kernels to a session on the CPU.</summary>
    public static void AddTo(SessionOptions options) => Array.ForEach(Domains.Value, domain => NativeApi.AddDomain(options, domain));

    private static nint[] CreateDomains() =>
    [
        .. Operators.GroupBy(op => op.Domain).Select(group =>
        {
            var domain = NativeApi.CreateDomain(group.Key);
            foreach (var op in group)
            {
                NativeApi.AddOperator(domain, Registration.Create(op));
            }

            return domain;
        }),
    ];
}
