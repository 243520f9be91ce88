using OnnxPipeline.Autodiff.Rules;

namespace OnnxPipeline.Autodiff;

public sealed partial class GradientTable
{
    private const string Microsoft = "com.microsoft";
    private const string Ours = "ai.onnxpipeline";

    /// <summary>The rules of this project. Graphs are at opset 18 or above when they are differentiated, so older meanings have no entry.</summary>
    public static GradientTable Default { get; } = Of(
    [
        // Arithmetic
        Broadcasting("Add", 7, Arithmetic.Add),
        Broadcasting("Sub", 7, Arithmetic.Sub),
        Broadcasting("Mul", 7, Arithmetic.Mul),
        Broadcasting("Div", 7, Arithmetic.Div),
        Broadcasting("Pow", 7, Arithmetic.Pow),
        Broadcasting("Sum", 8, Arithmetic.Sum),
        Broadcasting("Mean", 8, Arithmetic.Mean),
        Rule("Neg", 6, Arithmetic.Neg),
        Rule("Abs", 6, Arithmetic.Abs),
        Rule("Sqrt", 6, Arithmetic.Sqrt),
        Rule("Reciprocal", 6, Arithmetic.Reciprocal),
        Rule("Exp", 6, Arithmetic.Exp),
        Rule("Log", 6, Arithmetic.Log),
        Rule("Erf", 9, Arithmetic.Erf),
        Broadcasting("Mod", 10, Arithmetic.Mod),
        Rule("Sin", 7, Trigonometry.Sin),
        Rule("Cos", 7, Trigonometry.Cos),
        Rule("Tan", 7, Trigonometry.Tan),
        Rule("Sinh", 9, Trigonometry.Sinh),
        Rule("Cosh", 9, Trigonometry.Cosh),
        Rule("Asin", 7, Trigonometry.Asin),
        Rule("Acos", 7, Trigonometry.Acos),
        Rule("Atan", 7, Trigonometry.Atan),
        Rule("Asinh", 9, Trigonometry.Asinh),
        Rule("Acosh", 9, Trigonometry.Acosh),
        Rule("Atanh", 9, Trigonometry.Atanh),

        // Activations
        Rule("Relu", 6, Activation.Relu),
        Rule("LeakyRelu", 6, Activation.LeakyRelu),
        Rule("Elu", 6, Activation.Elu),
        Rule("Sigmoid", 6, Activation.Sigmoid),
        Rule("Tanh", 6, Activation.Tanh),
        Rule("Softplus", 1, Activation.Softplus),
        Rule("ThresholdedRelu", 10, Activation.ThresholdedRelu),
        Broadcasting("PRelu", 7, Activation.PRelu),
        Rule("Selu", 6, Activation.Selu),
        Rule("Celu", 12, Activation.Celu),
        Rule("Shrink", 9, Activation.Shrink),
        Rule("Softsign", 1, Activation.Softsign),
        Rule("HardSigmoid", 6, Activation.HardSigmoid),
        Rule("HardSwish", 14, Activation.HardSwish),
        Rule("Mish", 18, Activation.Mish),
        Rule("Swish", 24, Activation.Swish),
        Rule("SwiGLU", 28, Activation.SwiGlu),
        Rule("Gelu", 20, Activation.Gelu),
        Rule("Gelu", 1, Activation.MicrosoftGelu, Microsoft),
        Broadcasting("FastGelu", 1, Activation.FastGelu, Microsoft),
        Broadcasting("BiasGelu", 1, Activation.BiasGelu, Microsoft),
        Rule("QuickGelu", 1, Activation.QuickGelu, Microsoft),

        // Choice
        Broadcasting("Where", 9, Choice.Where),
        Broadcasting("Max", 8, Choice.MaxOrMin),
        Broadcasting("Min", 8, Choice.MaxOrMin),
        Broadcasting("Clip", 11, Choice.Clip),

        // Products
        Broadcasting("MatMul", 1, Products.MatMul),
        Broadcasting("FusedMatMul", 1, Products.FusedMatMul, Microsoft),
        Broadcasting("Gemm", 7, Products.Gemm),
        Broadcasting("Einsum", 12, Einsum.Gradient),

        // Reductions and normalizations
        Rule("ReduceSum", 13, Reduction.Sum),
        Rule("ReduceMean", 18, Reduction.Mean),
        Rule("ReduceMax", 18, Reduction.MaxOrMin),
        Rule("ReduceMin", 18, Reduction.MaxOrMin),
        Rule("ReduceProd", 18, Reduction.Prod),
        Rule("ReduceL1", 18, Reduction.L1),
        Rule("ReduceL2", 18, Reduction.L2),
        Rule("ReduceSumSquare", 18, Reduction.SumSquare),
        Rule("ReduceLogSum", 18, Reduction.LogSum),
        Rule("ReduceLogSumExp", 18, Reduction.LogSumExp),
        Rule("CumSum", 11, Cumulation.CumSum),
        Rule("CumProd", 26, Cumulation.CumProd),
        Rule("Softmax", 13, Normalization.Softmax),
        Rule("LogSoftmax", 13, Normalization.LogSoftmax),
        Rule("LayerNormalization", 17, Normalization.LayerNormalization),
        Broadcasting("SimplifiedLayerNormalization", 1, Normalization.SimplifiedLayerNormalization), // ORT's own, in the default domain
        Broadcasting("RMSNormalization", 23, Normalization.RMSNormalization),
        Rule("LpNormalization", 1, Normalization.LpNormalization),
        Rule("MeanVarianceNormalization", 9, ChannelNormalization.MeanVarianceNormalization),
        Rule("InstanceNormalization", 6, ChannelNormalization.InstanceNormalization),
        Rule("GroupNormalization", 18, ChannelNormalization.GroupNormalizationByGroup),
        Rule("GroupNormalization", 21, ChannelNormalization.GroupNormalization),
        Rule("BatchNormalization", 14, ChannelNormalization.BatchNormalization),
        Rule("BatchNormInternal", 1, ChannelNormalization.BatchNormInternal, Microsoft),
        Rule("SoftmaxCrossEntropyLoss", 12, Losses.SoftmaxCrossEntropyLoss),
        Rule("NegativeLogLikelihoodLoss", 12, Losses.NegativeLogLikelihoodLoss),
        Rule("Dropout", 12, Normalization.Dropout),
        Rule("Dropout", 1, Normalization.CountedDropout, Ours),

        // Recurrent layers
        Rule("RNN", 7, Recurrent.Rnn),
        Rule("GRU", 7, Recurrent.Gru),
        Rule("LSTM", 7, Recurrent.Lstm),

        // Movement
        Rule("Identity", 1, Movement.Identity),
        Rule("Cast", 6, Movement.Cast),
        Rule("CastLike", 15, Movement.Cast),
        Rule("Reshape", 5, Movement.Reshaped),
        Rule("Flatten", 1, Movement.Reshaped),
        Rule("Squeeze", 13, Movement.Reshaped),
        Rule("Unsqueeze", 13, Movement.Reshaped),
        Rule("Transpose", 1, Movement.Transpose),
        Broadcasting("Expand", 8, Movement.Expand),
        Rule("Concat", 4, Movement.Concat),
        Rule("Split", 13, Movement.Split),
        Rule("Slice", 10, Movement.Slice),
        Rule("Gather", 1, Movement.Gather),
        Rule("Tile", 6, Movement.Tile),
        Rule("Trilu", 14, Movement.Trilu),
        Rule("ReverseSequence", 10, Movement.ReverseSequence),
        Rule("DepthToSpace", 1, Movement.DepthToSpace),
        Rule("SpaceToDepth", 1, Movement.SpaceToDepth),
        Rule("Pad", 2, Padding.Pad),
        Rule("Resize", 11, Resampling.Resize),
        Rule("GatherElements", 11, Selection.GatherElements),
        Rule("GatherND", 11, Selection.GatherNd),
        Rule("ScatterElements", 11, Selection.ScatterElements),
        Rule("ScatterND", 11, Selection.ScatterNd),
        Rule("TopK", 11, Selection.TopK),

        // Convolutions and pools
        Rule("Conv", 1, Convolution.Conv),
        Rule("ConvTranspose", 1, Convolution.ConvTranspose),
        Rule("Col2Im", 18, Convolution.Col2Im),
        Rule("DFT", 17, Spectral.DftOfAttribute),
        Rule("DFT", 20, Spectral.DftOfInput),
        Rule("MaxPool", 8, Pooling.MaxPool),
        Rule("AveragePool", 7, Pooling.AveragePool),
        Rule("LpPool", 2, Pooling.LpPool),
        Rule("GlobalAveragePool", 1, Pooling.GlobalAveragePool),
        Rule("GlobalMaxPool", 1, Pooling.GlobalMaxPool),
        Rule("GlobalLpPool", 2, Pooling.GlobalLpPool),

        // No gradient: piecewise constant, or a result that is no number with a derivative
        .. Stops(1, "ArgMax", "ArgMin", "And", "Ceil", "Constant", "Equal", "Floor", "Greater", "Hardmax", "Less", "Not", "Or", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Shape", "Size", "Xor"),
        .. Stops(7, "Multinomial"),
        .. Stops(9, "ConstantOfShape", "EyeLike", "IsNaN", "NonZero", "OneHot", "Sign", "TfIdfVectorizer"),
        .. Stops(10, "IsInf", "NonMaxSuppression", "StringNormalizer"),
        .. Stops(11, "BitShift", "Range", "Round", "SequenceLength", "Unique"),
        .. Stops(12, "GreaterOrEqual", "LessOrEqual"),
        .. Stops(15, "Bernoulli", "OptionalHasElement"),
        .. Stops(17, "BlackmanWindow", "HammingWindow", "HannWindow", "MelWeightMatrix"),
        .. Stops(18, "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor"),
        .. Stops(20, "RegexFullMatch", "StringConcat", "StringSplit"),
        .. Stops(26, "BitCast"),
    ]);

    private static Entry Rule(string op, int since, GradientRule rule, string domain = "") => new(domain, op, since, rule, false);

    private static Entry Broadcasting(string op, int since, GradientRule rule, string domain = "") => new(domain, op, since, rule, true);

    private static IEnumerable<Entry> Stops(int since, params string[] ops) => ops.Select(op => new Entry("", op, since, null, false));

    private static GradientTable Of(IEnumerable<Entry> entries) =>
        new(entries.GroupBy(e => (e.Domain, e.Op)).ToDictionary(g => g.Key, g => g.OrderBy(e => e.Since).ToList()));
}
