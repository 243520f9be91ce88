namespace OnnxPipeline.Ir.Inference;

/// <summary>Which rule infers which operator. Rules read attributes where older opsets have them and inputs where newer ones do, so one serves every version.</summary>
internal static class TypeRules
{
    private const string Microsoft = "com.microsoft";

    private static readonly Dictionary<(string Domain, string Op), TypeRule> Table = Build();

    public static TypeRule? Find(string domain, string op) => Table.GetValueOrDefault((domain, op));

    private static Dictionary<(string, string), TypeRule> Build()
    {
        Dictionary<(string, string), TypeRule> table = [];
        void Add(TypeRule rule, string domain, params ReadOnlySpan<string> ops)
        {
            foreach (var op in ops)
            {
                table.Add((domain, op), rule);
            }
        }

        // Elementwise
        Add(Elementwise.Same, "",
            "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot", "Ceil", "Celu", "Clip", "Cos", "Cosh", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish",
            "LeakyRelu", "Log", "Mish", "Neg", "Not", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "SwiGLU", "Swish", "Tan", "Tanh", "ThresholdedRelu");
        Add(Elementwise.Identity, "", "Identity");
        Add(Elementwise.FirstKeepsShape, "", "PRelu");
        Add(Elementwise.Broadcasting, "", "Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Sum", "Mean", "And", "Or", "Xor", "BitwiseAnd", "BitwiseOr", "BitwiseXor");
        Add(Elementwise.BroadcastingLikeFirst, "", "Pow", "BitShift");
        Add(Elementwise.Compared, "", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual");
        Add(Elementwise.Tested, "", "IsNaN", "IsInf");
        Add(Elementwise.Where, "", "Where");
        Add(Elementwise.Cast, "", "Cast");
        Add(Elementwise.CastLike, "", "CastLike");
        Add(Elementwise.Same, Microsoft, "Gelu", "FastGelu", "BiasGelu", "QuickGelu", "RotaryEmbedding");

        // Products and reductions
        Add(Products.MatMul, "", "MatMul");
        Add(Products.Gemm, "", "Gemm");
        Add(Products.Gemm, Microsoft, "FusedGemm");
        Add(Products.Einsum, "", "Einsum");
        Add(Products.MatMulInteger, "", "MatMulInteger");
        Add(Products.FusedMatMul, Microsoft, "FusedMatMul", "TransposeMatMul");
        Add(Reductions.Reduce, "", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare");
        Add(Reductions.ArgBest, "", "ArgMax", "ArgMin");
        Add(Reductions.TopK, "", "TopK");
        Add(Elementwise.Same, "", "CumSum", "CumProd");

        // Normalizations and losses
        Add(Elementwise.Same, "", "Softmax", "LogSoftmax", "Hardmax", "InstanceNormalization", "GroupNormalization", "LpNormalization", "MeanVarianceNormalization", "RMSNormalization", "LRN");
        Add(Normalizations.LayerNormalization, "", "LayerNormalization", "SimplifiedLayerNormalization");
        Add(Normalizations.LayerNormalization, Microsoft, "LayerNormalization", "SimplifiedLayerNormalization");
        Add(Normalizations.SkipLayerNormalization, Microsoft, "SkipLayerNormalization", "SkipSimplifiedLayerNormalization");
        Add(Normalizations.EmbedLayerNormalization, Microsoft, "EmbedLayerNormalization");
        Add(Normalizations.BatchNormalization, "", "BatchNormalization");
        Add(Normalizations.Dropout, "", "Dropout");
        Add(Normalizations.CrossEntropy, "", "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss");

        // Movement
        Add(Movement.Reshape, "", "Reshape");
        Add(Movement.Flatten, "", "Flatten");
        Add(Movement.Squeeze, "", "Squeeze");
        Add(Movement.Unsqueeze, "", "Unsqueeze");
        Add(Movement.Transpose, "", "Transpose");
        Add(Movement.Expand, "", "Expand");
        Add(Movement.Tile, "", "Tile");
        Add(Movement.Concat, "", "Concat");
        Add(Movement.Split, "", "Split");
        Add(Movement.DepthToSpace, "", "DepthToSpace");
        Add(Movement.SpaceToDepth, "", "SpaceToDepth");

        // Selection
        Add(Selection.Slice, "", "Slice");
        Add(Selection.Gather, "", "Gather");
        Add(Selection.GatherElements, "", "GatherElements");
        Add(Selection.GatherND, "", "GatherND");
        Add(Elementwise.Same, "", "Scatter", "ScatterElements", "ScatterND", "TensorScatter", "Trilu", "ReverseSequence");
        Add(Selection.NonZero, "", "NonZero");
        Add(Selection.Compress, "", "Compress");
        Add(Selection.Pad, "", "Pad");
        Add(Selection.OneHot, "", "OneHot");
        Add(Selection.Unique, "", "Unique");

        // Generation
        Add(Generation.Constant, "", "Constant");
        Add(Generation.ConstantOfShape, "", "ConstantOfShape");
        Add(Generation.Shape, "", "Shape");
        Add(Generation.Size, "", "Size");
        Add(Generation.Range, "", "Range");
        Add(Generation.Like, "", "EyeLike", "RandomNormalLike", "RandomUniformLike", "Bernoulli");
        Add(Generation.Random, "", "RandomNormal", "RandomUniform");
        Add(Generation.Multinomial, "", "Multinomial");

        // Convolutions
        Add(Convolutions.Conv, "", "Conv");
        Add(Convolutions.Conv, Microsoft, "FusedConv");
        Add(Convolutions.ConvTranspose, "", "ConvTranspose");
        Add(Convolutions.Pool, "", "MaxPool", "AveragePool", "LpPool");
        Add(Convolutions.GlobalPool, "", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool");
        Add(Convolutions.Resize, "", "Resize", "Upsample");
        Add(Convolutions.Col2Im, "", "Col2Im");
        Add(Sampling.GridSample, "", "GridSample");
        Add(Sampling.AffineGrid, "", "AffineGrid");
        Add(Sampling.DFT, "", "DFT");

        // Recurrent layers and attention
        Add(Recurrent.Layer, "", "RNN", "GRU", "LSTM");
        Add(Attentions.Attention, "", "Attention");
        Add(Elementwise.Same, "", "RotaryEmbedding");
        Add(Attentions.MicrosoftAttention, Microsoft, "Attention");
        Add(Attentions.GroupQueryAttention, Microsoft, "GroupQueryAttention");
        Add(Attentions.MultiHeadAttention, Microsoft, "MultiHeadAttention");

        Add(Quantization.Quantize, "", "QuantizeLinear");
        Add(Quantization.Dequantize, "", "DequantizeLinear");
        Add(Quantization.DynamicQuantize, "", "DynamicQuantizeLinear");
        Add(ControlFlow.If, "", "If");
        Add(ControlFlow.Loop, "", "Loop");
        Add(ControlFlow.Scan, "", "Scan");
        return table;
    }
}
