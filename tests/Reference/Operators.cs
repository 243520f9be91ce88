using OnnxPipeline.Reference.Ops;

namespace OnnxPipeline.Reference;

/// <summary>Every operator that the interpreter knows by itself, in its meaning from opset 18 on.</summary>
internal static class Operators
{
    private const string Microsoft = "com.microsoft";

    public static readonly Dictionary<(string Domain, string Op), Operator> Table = new()
    {
        // Arithmetic
        [("", "Add")] = Elementwise.Binary((a, b) => a + b, (a, b) => a + b),
        [("", "Sub")] = Elementwise.Binary((a, b) => a - b, (a, b) => a - b),
        [("", "Mul")] = Elementwise.Binary((a, b) => a * b, (a, b) => a * b),
        [("", "Div")] = Elementwise.Binary((a, b) => a / b, (a, b) => a / b),
        [("", "Mod")] = Elementwise.Mod,
        [("", "Pow")] = Elementwise.Pow,
        [("", "Max")] = Elementwise.Fold(Math.Max, Math.Max),
        [("", "Min")] = Elementwise.Fold(Math.Min, Math.Min),
        [("", "Sum")] = Elementwise.Fold((a, b) => a + b, (a, b) => a + b),
        [("", "Mean")] = Elementwise.Mean,
        [("", "Neg")] = Elementwise.Unary(v => -v),
        [("", "Abs")] = Elementwise.Unary(Math.Abs),
        [("", "Sign")] = Elementwise.Unary(v => double.IsNaN(v) ? v : Math.Sign(v)),
        [("", "Exp")] = Elementwise.Unary(Math.Exp),
        [("", "Log")] = Elementwise.Unary(Math.Log),
        [("", "Sqrt")] = Elementwise.Unary(Math.Sqrt),
        [("", "Reciprocal")] = Elementwise.Unary(v => 1 / v),
        [("", "Erf")] = Elementwise.Unary(Activations.Erf),
        [("", "Sin")] = Elementwise.Unary(Math.Sin),
        [("", "Cos")] = Elementwise.Unary(Math.Cos),
        [("", "Tan")] = Elementwise.Unary(Math.Tan),
        [("", "Sinh")] = Elementwise.Unary(Math.Sinh),
        [("", "Cosh")] = Elementwise.Unary(Math.Cosh),
        [("", "Asin")] = Elementwise.Unary(Math.Asin),
        [("", "Acos")] = Elementwise.Unary(Math.Acos),
        [("", "Atan")] = Elementwise.Unary(Math.Atan),
        [("", "Asinh")] = Elementwise.Unary(Math.Asinh),
        [("", "Acosh")] = Elementwise.Unary(Math.Acosh),
        [("", "Atanh")] = Elementwise.Unary(Math.Atanh),
        [("", "Floor")] = Elementwise.Unary(Math.Floor),
        [("", "Ceil")] = Elementwise.Unary(Math.Ceiling),
        [("", "Round")] = Elementwise.Unary(v => Math.Round(v, MidpointRounding.ToEven)),

        // Activations
        [("", "Tanh")] = Elementwise.Unary(Math.Tanh),
        [("", "Sigmoid")] = Elementwise.Unary(Activations.Sigmoid),
        [("", "Relu")] = Elementwise.Unary(v => Math.Max(v, 0)),
        [("", "LeakyRelu")] = Elementwise.Unary("alpha", 0.01f, (v, alpha) => v >= 0 ? v : alpha * v),
        [("", "Elu")] = Elementwise.Unary("alpha", 1, (v, alpha) => v >= 0 ? v : alpha * (Math.Exp(v) - 1)),
        [("", "Softplus")] = Elementwise.Unary(Activations.Softplus),
        [("", "ThresholdedRelu")] = Elementwise.Unary("alpha", 1, (v, alpha) => v > alpha ? v : 0),
        [("", "PRelu")] = Elementwise.Binary((v, slope) => v < 0 ? slope * v : v, (v, slope) => v < 0 ? slope * v : v),
        [("", "Selu")] = Activations.Selu,
        [("", "Celu")] = Elementwise.Unary("alpha", 1, (v, alpha) => Math.Max(0, v) + Math.Min(0, alpha * (Math.Exp(v / alpha) - 1))),
        [("", "Shrink")] = Activations.Shrink,
        [("", "Softsign")] = Elementwise.Unary(v => v / (1 + Math.Abs(v))),
        [("", "HardSigmoid")] = Activations.HardSigmoid,
        [("", "HardSwish")] = Elementwise.Unary(v => v * Math.Clamp((v / 6) + 0.5, 0, 1)),
        [("", "Mish")] = Elementwise.Unary(v => v * Math.Tanh(Activations.Softplus(v))),
        [("", "Swish")] = Elementwise.Unary("alpha", 1, Activations.Swish),
        [("", "SwiGLU")] = Activations.SwiGlu,
        [("", "Gelu")] = Activations.Gelu,
        [(Microsoft, "Gelu")] = Elementwise.Unary(Activations.GeluErf),
        [(Microsoft, "FastGelu")] = Activations.Biased(Activations.GeluTanh),
        [(Microsoft, "BiasGelu")] = Activations.Biased(Activations.GeluErf),
        [(Microsoft, "QuickGelu")] = Elementwise.Unary("alpha", 1.702f, Activations.Swish),

        // Comparison and choice
        [("", "Equal")] = Elementwise.Compare((a, b) => a == b, (a, b) => a == b),
        [("", "Less")] = Elementwise.Compare((a, b) => a < b, (a, b) => a < b),
        [("", "LessOrEqual")] = Elementwise.Compare((a, b) => a <= b, (a, b) => a <= b),
        [("", "Greater")] = Elementwise.Compare((a, b) => a > b, (a, b) => a > b),
        [("", "GreaterOrEqual")] = Elementwise.Compare((a, b) => a >= b, (a, b) => a >= b),
        [("", "And")] = Elementwise.Logic((a, b) => a && b),
        [("", "Or")] = Elementwise.Logic((a, b) => a || b),
        [("", "Xor")] = Elementwise.Logic((a, b) => a != b),
        [("", "Not")] = Elementwise.Not,
        [("", "Where")] = Elementwise.Where,
        [("", "Clip")] = Elementwise.Clip,
        [("", "Cast")] = Elementwise.Cast,
        [("", "CastLike")] = Elementwise.CastLike,

        // Products
        [("", "MatMul")] = Products.MatMul,
        [("", "Gemm")] = Products.Gemm,
        [("", "Einsum")] = Einsum.Evaluate,
        [(Microsoft, "FusedMatMul")] = Products.FusedMatMul,
        [(Microsoft, "FusedGemm")] = FusedActivations.FusedGemm,

        // Reductions
        [("", "ReduceSum")] = Reductions.Reduce(v => v.Sum()),
        [("", "ReduceMean")] = Reductions.Reduce(v => v.Average()),
        [("", "ReduceMax")] = Reductions.Reduce(v => v.Max()),
        [("", "ReduceMin")] = Reductions.Reduce(v => v.Min()),
        [("", "ReduceProd")] = Reductions.Reduce(v => v.Aggregate(1.0, (a, b) => a * b)),
        [("", "ReduceL1")] = Reductions.Reduce(v => v.Sum(Math.Abs)),
        [("", "ReduceL2")] = Reductions.Reduce(v => Math.Sqrt(v.Sum(x => x * x))),
        [("", "ReduceSumSquare")] = Reductions.Reduce(v => v.Sum(x => x * x)),
        [("", "ReduceLogSum")] = Reductions.Reduce(v => Math.Log(v.Sum())),
        [("", "ReduceLogSumExp")] = Reductions.Reduce(Reductions.LogSumExp),
        [("", "ArgMax")] = Reductions.ArgBest((a, b) => a > b),
        [("", "ArgMin")] = Reductions.ArgBest((a, b) => a < b),
        [("", "TopK")] = Reductions.TopK,
        [("", "CumSum")] = Reductions.Cumulated(values => values.Sum()),
        [("", "CumProd")] = Reductions.Cumulated(values => values.Aggregate(1.0, (a, b) => a * b)),

        // Normalizations and losses
        [("", "Softmax")] = Normalizations.Softmax,
        [("", "LogSoftmax")] = Normalizations.LogSoftmax,
        [("", "LayerNormalization")] = Normalizations.LayerNormalization,
        [("", "SimplifiedLayerNormalization")] = Normalizations.SimplifiedLayerNormalization,
        [(Microsoft, "SimplifiedLayerNormalization")] = Normalizations.SimplifiedLayerNormalization,
        [(Microsoft, "SkipLayerNormalization")] = Normalizations.SkipLayerNormalization,
        [(Microsoft, "SkipSimplifiedLayerNormalization")] = Normalizations.SkipSimplifiedLayerNormalization,
        [("", "RMSNormalization")] = Normalizations.RMSNormalization,
        [("", "LpNormalization")] = Normalizations.LpNormalization,
        [("", "InstanceNormalization")] = ChannelNormalizations.InstanceNormalization,
        [("", "GroupNormalization")] = ChannelNormalizations.GroupNormalization,
        [("", "BatchNormalization")] = ChannelNormalizations.BatchNormalization,
        [("", "MeanVarianceNormalization")] = ChannelNormalizations.MeanVarianceNormalization,
        [("", "Dropout")] = Normalizations.Dropout,
        [("", "SoftmaxCrossEntropyLoss")] = Losses.SoftmaxCrossEntropyLoss,
        [("", "NegativeLogLikelihoodLoss")] = Losses.NegativeLogLikelihoodLoss,

        // Attention, and what comes before it
        [("", "Attention")] = Attentions.Attention,
        [("", "RotaryEmbedding")] = Attentions.RotaryEmbedding,
        [(Microsoft, "Attention")] = Attentions.MicrosoftAttention,
        [(Microsoft, "EmbedLayerNormalization")] = Embeddings.EmbedLayerNormalization,
        [(Microsoft, "GroupQueryAttention")] = Attentions.GroupQueryAttention,
        [(Microsoft, "MultiHeadAttention")] = Attentions.MultiHeadAttention,
        [(Microsoft, "RotaryEmbedding")] = Attentions.MicrosoftRotaryEmbedding,

        // Recurrent layers
        [("", "RNN")] = Recurrent.Rnn,
        [("", "GRU")] = Recurrent.Gru,
        [("", "LSTM")] = Recurrent.Lstm,

        // Movement
        [("", "Identity")] = Movement.Identity,
        [("", "Shape")] = Movement.Shape,
        [("", "Size")] = Movement.Size,
        [("", "Reshape")] = Movement.Reshape,
        [("", "Flatten")] = Movement.Flatten,
        [("", "Squeeze")] = Movement.Squeeze,
        [("", "Unsqueeze")] = Movement.Unsqueeze,
        [("", "Transpose")] = Movement.Transpose,
        [("", "Expand")] = Movement.Expand,
        [("", "Tile")] = Movement.Tile,
        [("", "Concat")] = Movement.Concat,
        [("", "Split")] = Movement.Split,

        // Selection
        [("", "Slice")] = Selection.Slice,
        [("", "Gather")] = Selection.Gather,
        [("", "GatherElements")] = Selection.GatherElements,
        [("", "GatherND")] = Selection.GatherND,
        [("", "ScatterElements")] = Selection.ScatterElements,
        [("", "ScatterND")] = Selection.ScatterND,
        [("", "Pad")] = Selection.Pad,
        [("", "ReverseSequence")] = Selection.ReverseSequence,
        [("", "NonZero")] = Selection.NonZero,
        [("", "Trilu")] = Selection.Trilu,

        // Convolutions and pools
        [("", "Conv")] = Convolutions.Conv,
        [(Microsoft, "FusedConv")] = FusedActivations.FusedConv,
        [("", "ConvTranspose")] = Convolutions.ConvTranspose,
        [("", "MaxPool")] = Pools.MaxPool,
        [("", "AveragePool")] = Pools.AveragePool,
        [("", "LpPool")] = Pools.LpPool,
        [("", "GlobalAveragePool")] = Pools.Global((_, v) => v.Average()),
        [("", "GlobalMaxPool")] = Pools.Global((_, v) => v.Max()),
        [("", "GlobalLpPool")] = Pools.Global(Pools.Norm),

        // Images
        [("", "Resize")] = Resampling.Resize,
        [("", "DepthToSpace")] = Resampling.DepthToSpace,
        [("", "SpaceToDepth")] = Resampling.SpaceToDepth,

        // Generation
        [("", "Constant")] = Generation.Constant,
        [("", "ConstantOfShape")] = Generation.ConstantOfShape,
        [("", "Range")] = Generation.Range,
        [("", "OneHot")] = Generation.OneHot,
        [("", "EyeLike")] = Generation.EyeLike,
    };
}
