namespace OnnxPipeline.Ir;

/// <summary>
/// How many inputs an operator of ONNX cannot do without, in whatever version needs the fewest (some became inputs that had been attributes).
/// </summary>
internal static class RequiredInputs
{
    private static readonly Dictionary<string, int> Counts = Build();

    private static readonly Dictionary<string, int> OfMicrosoft = new()
    {
        ["Attention"] = 2,
        ["BiasGelu"] = 2,
        ["EmbedLayerNormalization"] = 1, // segments, its second input, may be left out
        ["FastGelu"] = 1,
        ["FusedConv"] = 2,
        ["FusedGemm"] = 2,
        ["FusedMatMul"] = 2,
        ["Gelu"] = 1,
        ["GroupQueryAttention"] = 1,
        ["MultiHeadAttention"] = 1,
        ["QuickGelu"] = 1,
        ["RotaryEmbedding"] = 4,
        ["SimplifiedLayerNormalization"] = 2,
        ["SkipLayerNormalization"] = 3,
        ["SkipSimplifiedLayerNormalization"] = 3,
        ["TransposeMatMul"] = 2,
    };

    /// <summary>0 for operators that this table does not know to need any.</summary>
    public static int Of(Node node) => node.Domain switch
    {
        "" => Counts.GetValueOrDefault(node.OpType),
        "com.microsoft" => OfMicrosoft.GetValueOrDefault(node.OpType),
        _ => 0,
    };

    private static Dictionary<string, int> Build()
    {
        Dictionary<string, int> counts = [];
        void Need(int count, params ReadOnlySpan<string> ops)
        {
            foreach (var op in ops)
            {
                counts.Add(op, count);
            }
        }

        Need(1,
            "Abs", "Acos", "Acosh", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh", "AveragePool", "Bernoulli", "BitCast", "BitwiseNot", "Cast", "Ceil", "Celu", "Clip", "Concat", "ConcatFromSequence", "ConstantOfShape", "Cos", "Cosh",
            "DFT", "DepthToSpace", "Dropout", "DynamicQuantizeLinear", "Einsum", "Elu", "Erf", "Exp", "EyeLike", "Flatten", "Floor", "Gelu", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "Hardmax", "HardSigmoid", "HardSwish",
            "Identity", "If", "IsInf", "IsNaN", "LRN", "LeakyRelu", "Log", "LogSoftmax", "LpNormalization", "LpPool", "Max", "MaxPool", "Mean", "MeanVarianceNormalization", "Min", "Mish", "Multinomial", "Neg", "NonZero", "Not",
            "Pad", "RandomNormalLike", "RandomUniformLike", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu",
            "Reshape", "Resize", "Round", "Selu", "SequenceConstruct", "SequenceErase", "SequenceLength", "Shape", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Size", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "Split", "SplitToSequence", "Sqrt",
            "Squeeze", "Sum", "Swish", "SwiGLU", "Tan", "Tanh", "ThresholdedRelu", "Tile", "TopK", "Transpose", "Trilu", "Unique", "Unsqueeze", "Upsample");
        Need(2,
            "Add", "AffineGrid", "And", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "CastLike", "Compress", "Conv", "ConvTranspose", "CumProd", "CumSum", "DequantizeLinear", "Div", "Equal", "Expand", "Gather", "GatherElements", "GatherND",
            "Gemm", "Greater", "GreaterOrEqual", "GridSample", "LayerNormalization", "Less", "LessOrEqual", "MatMul", "MatMulInteger", "MaxUnpool", "Mod", "Mul", "NegativeLogLikelihoodLoss", "Or", "PRelu", "Pow", "QuantizeLinear",
            "RMSNormalization", "ReverseSequence", "SequenceAt", "SequenceInsert", "SimplifiedLayerNormalization", "SoftmaxCrossEntropyLoss", "Sub", "Xor");
        Need(3, "Attention", "Col2Im", "GRU", "GroupNormalization", "InstanceNormalization", "LSTM", "OneHot", "RNN", "Range", "RotaryEmbedding", "Scatter", "ScatterElements", "ScatterND", "Where");
        Need(5, "BatchNormalization");
        return counts;
    }
}
