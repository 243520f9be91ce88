namespace OnnxPipeline.Ir;

public sealed partial class GraphBuilder
{
    public Value MatMul(Value a, Value b) => Op("MatMul", [a, b]);

    public Value Gemm(Value a, Value b, Value? c = null, bool transA = false, bool transB = false, float alpha = 1, float beta = 1) =>
        Op("Gemm", [a, b, c], [("alpha", alpha), ("beta", beta), ("transA", transA ? 1 : 0), ("transB", transB ? 1 : 0)]);

    /// <summary>com.microsoft FusedMatMul: alpha · op(A) · op(B), where op transposes the last two axes.</summary>
    public Value FusedMatMul(Value a, Value b, bool transA = false, bool transB = false, float alpha = 1) =>
        Op("FusedMatMul", [a, b], [("alpha", alpha), ("transA", transA ? 1 : 0), ("transB", transB ? 1 : 0)], "com.microsoft");

    public Value ReduceSum(Value x, Value axes, bool keepDims = true, bool noopWithEmptyAxes = false) =>
        Op("ReduceSum", [x, axes], noopWithEmptyAxes ? [("keepdims", keepDims ? 1 : 0), ("noop_with_empty_axes", 1)] : [("keepdims", keepDims ? 1 : 0)]);

    public Value ReduceSum(Value x, ReadOnlySpan<long> axes, bool keepDims = true) => ReduceSum(x, Constant(axes), keepDims);

    /// <summary>The sum of all elements, rank 0.</summary>
    public Value ReduceSumAll(Value x) => Op("ReduceSum", [x], [("keepdims", 0)]);

    public Value ReduceMean(Value x, ReadOnlySpan<long> axes, bool keepDims = true) => Op("ReduceMean", [x, Constant(axes)], [("keepdims", keepDims ? 1 : 0)]);

    /// <summary>The mean of all elements, rank 0.</summary>
    public Value ReduceMeanAll(Value x) => Op("ReduceMean", [x], [("keepdims", 0)]);

    public Value Softmax(Value x, long axis = -1) => Op("Softmax", [x], [("axis", axis)]);

    public Value LogSoftmax(Value x, long axis = -1) => Op("LogSoftmax", [x], [("axis", axis)]);

    /// <summary>LayerNormalization over the axes from <paramref name="axis"/> on.</summary>
    public Value LayerNormalization(Value x, Value scale, Value? bias, long axis = -1, float epsilon = 1e-5f) =>
        Op("LayerNormalization", [x, scale, bias], [("axis", axis), ("epsilon", epsilon)]);
}
