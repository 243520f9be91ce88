namespace OnnxPipeline.Ir;

public sealed partial class GraphBuilder
{
    public Value Reshape(Value x, Value shape, bool allowZero = false) => Op("Reshape", [x, shape], allowZero ? [("allowzero", 1)] : []);

    /// <summary>Reshape to constant numbers: 0 keeps the input's dimension, −1 is what is left.</summary>
    public Value Reshape(Value x, params ReadOnlySpan<long> shape) => Reshape(x, Constant(shape));

    public Value Transpose(Value x, params ReadOnlySpan<long> perm) => Op("Transpose", [x], perm.IsEmpty ? [] : [("perm", perm.ToArray())]);

    public Value Shape(Value x) => Op("Shape", [x]);

    /// <summary>The dimensions <paramref name="start"/> to <paramref name="end"/> (exclusive) as an int64 vector.</summary>
    public Value Shape(Value x, long start, long end) => Op("Shape", [x], [("start", start), ("end", end)]);

    public Value Size(Value x) => Op("Size", [x]);

    public Value Unsqueeze(Value x, params ReadOnlySpan<long> axes) => Op("Unsqueeze", [x, Constant(axes)]);

    public Value Squeeze(Value x, params ReadOnlySpan<long> axes) => Op("Squeeze", axes.IsEmpty ? [x] : [x, Constant(axes)]);

    public Value Expand(Value x, Value shape) => Op("Expand", [x, shape]);

    public Value ConstantOfShape(Value shape, Files.Tensor value) => Op("ConstantOfShape", [shape], [("value", value)]);

    public Value Concat(long axis, params ReadOnlySpan<Value> values) => Op("Concat", values!, [("axis", axis)]);

    /// <summary>Split with the sizes in <paramref name="split"/> (an int64 vector).</summary>
    public IReadOnlyList<Value> Split(Value x, Value split, int outputs, long axis) => Ops("Split", [x, split], outputs, [("axis", axis)]).Outputs;

    public Value Slice(Value x, Value starts, Value ends, Value axes, Value? steps = null) => Op("Slice", [x, starts, ends, axes, steps]);

    public Value Gather(Value x, Value indices, long axis = 0) => Op("Gather", [x, indices], [("axis", axis)]);

    public Value ScatterElements(Value x, Value indices, Value updates, long axis, string reduction = "none") =>
        Op("ScatterElements", [x, indices, updates], reduction == "none" ? [("axis", axis)] : [("axis", axis), ("reduction", reduction)]);

    public Value Pad(Value x, Value pads, Value? constant = null, Value? axes = null, string mode = "constant") => Op("Pad", [x, pads, constant, axes], [("mode", mode)]);

    public Value Range(Value start, Value limit, Value delta) => Op("Range", [start, limit, delta]);

    public Value OneHot(Value indices, Value depth, Value values, long axis = -1) => Op("OneHot", [indices, depth, values], [("axis", axis)]);

    public Value Trilu(Value x, Value? k = null, bool upper = true) => Op("Trilu", [x, k], [("upper", upper ? 1 : 0)]);
}
