using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>Images read at places that are computed (spatial transformers, deformable attention), written with GatherND and sums.</summary>
internal static class Sampling
{
    /// <summary>Cubic interpolation's a, which ONNX fixes here.</summary>
    private const double Sharpness = -0.75;

    /// <summary>
    /// GridSample (x [N, C, size...], grid [N, places..., k]) → [N, C, places...]: around each place 1, 2 or 4 elements along each axis, with weights. The grid
    /// runs from −1 to 1 and names the last axis first. What lies outside is 0, the border, or what is reflected there: of cubic interpolation
    /// each element, else the place itself.
    /// </summary>
    public static void GridSample(Node node, GraphBuilder b)
    {
        var (x, grid) = (node.Inputs[0]!, node.Inputs[1]!);
        var rank = (x.Shape ?? grid.Shape)?.Rank - 2 ?? throw new IrException($"{node.Describe()}: the rank of '{x.Name}' is not known. Declare the shapes of the model's inputs.");
        var flat = b.Transpose(b.Reshape(x, 0, 0, -1), 0, 2, 1); // [N, elements, C]
        var places = b.Reshape(grid, b.Concat(0, b.Shape(grid, 0, 1), b.Constant(-1, rank))); // [N, places, k]
        Value? element = null, weight = null; // [N, combinations, places]
        for (var axis = rank - 1; axis >= 0; axis--)
        {
            var along = new Axis(node, b, Size(b, x, axis + 2));
            var (indices, weights) = along.At(Column(b, places, rank - 1 - axis)); // [N, taps, places]
            var distance = axis == rank - 1 ? b.Constant(1) : b.Op("ReduceProd", [b.Shape(x, axis + 3, rank + 2)], [("keepdims", 0)]);
            var step = b.Mul(indices, distance);
            element = element is null ? step : Pairs(b, b.Add(b.Unsqueeze(step, 2), b.Unsqueeze(element, 1)), axis, rank);
            weight = weight is null || weights is null ? weights : Pairs(b, b.Mul(b.Unsqueeze(weights, 2), b.Unsqueeze(weight, 1)), axis, rank);
        }

        var read = b.Op("GatherND", [flat, b.Unsqueeze(element!, -1)], [("batch_dims", 1)]); // [N, combinations, places, C]
        read = weight is null ? read : b.Mul(read, b.Unsqueeze(b.CastLike(weight, read), -1));
        var sum = b.Transpose(b.ReduceSum(read, [1], keepDims: false), 0, 2, 1); // [N, C, places]
        NewerOperators.Replace(node, b.Reshape(sum, b.Concat(0, b.Shape(x, 0, 2), b.Shape(grid, 1, rank + 1))));
    }

    /// <summary>
    /// AffineGrid (theta [N, k, k + 1], size [N, C, sizes...]) → [N, sizes..., k]: theta times (the centres of the elements from −1 to 1, 1), the last axis first.
    /// </summary>
    public static void AffineGrid(Node node, GraphBuilder b)
    {
        var (theta, size) = (node.Inputs[0]!, node.Inputs[1]!);
        var rank = size.Shape is { Rank: 1 } shape && shape[0].IsKnown ? (int)shape[0].Value - 2
            : theta.Shape is { Rank: 3 } matrix && matrix[1].IsKnown ? (int)matrix[1].Value
            : throw new IrException($"{node.Describe()}: whether '{size.Name}' has 4 or 5 sizes, the rank of the image, is not known. Declare the shapes of the model's inputs.");
        var aligned = node.Int("align_corners", 0) != 0;
        Value Part(int index) => b.Unsqueeze(Column(b, theta, index), [.. Enumerable.Range(1, rank).Select(i => (long)i)]); // [N, 1..., k]
        var sum = Part(rank);
        for (var axis = 0; axis < rank; axis++)
        {
            var count = b.Squeeze(b.Slice(size, b.Constant(axis + 2), b.Constant(axis + 3), b.Constant(0)), 0);
            var (places, all) = (b.CastLike(b.Range(b.Constant(Tensor.Scalar(0L)), count, b.Constant(Tensor.Scalar(1L))), theta), b.CastLike(count, theta));
            Value Number(double value) => b.ConstantLike(theta, value);
            var doubled = b.Mul(places, Number(2));
            var centres = aligned
                ? b.Sub(b.Div(doubled, b.Max(b.Sub(all, Number(1)), Number(1))), Number(1))
                : b.Sub(b.Div(b.Add(doubled, Number(1)), all), Number(1));
            long[] around = [.. Enumerable.Repeat(1L, axis), -1, .. Enumerable.Repeat(1L, rank - axis)];
            sum = b.Add(sum, b.Mul(b.Reshape(centres, around), Part(rank - 1 - axis))); // [N, sizes..., k]
        }

        NewerOperators.Replace(node, sum);
    }

    /// <summary>[N, n, k] → [N, n] at a place of the last axis. Not Gather, whose tables are weights, nor Slice, which a weight may pass: a fixed grid is none.</summary>
    private static Value Column(GraphBuilder b, Value x, int index) => b.Op("GatherND", [b.Transpose(x, 2, 0, 1), b.Constant(index)]);

    /// <summary>[N, taps, combinations, places] → [N, taps·combinations, places]</summary>
    private static Value Pairs(GraphBuilder b, Value value, int axis, int rank) => axis == rank - 1 ? value : b.Reshape(value, b.Concat(0, b.Shape(value, 0, 1), b.Constant(-1), b.Shape(value, 3, 4)));

    private static Value Size(GraphBuilder b, Value x, int axis) =>
        x.Shape is { } shape && shape[axis].IsKnown ? b.Constant(Tensor.Scalar(shape[axis].Value)) : b.Squeeze(b.Shape(x, axis, axis + 1), 0);

    /// <summary>One axis of the image.</summary>
    /// <param name="size">An int64 scalar.</param>
    private sealed class Axis(Node node, GraphBuilder b, Value size)
    {
        private readonly string _mode = node.Text("mode", "linear");
        private readonly string _outside = node.Text("padding_mode", "zeros");
        private readonly bool _aligned = node.Int("align_corners", 0) != 0;

        /// <summary>Which elements count at <paramref name="places"/> [N, places] in −1 to 1, and for how much (null: 1): [N, taps, places].</summary>
        public (Value Indices, Value? Weights) At(Value places)
        {
            var all = b.CastLike(size, places);
            Value Number(double value) => b.ConstantLike(places, value);
            var from = b.Add(places, Number(1));
            var at = _aligned
                ? b.Mul(b.Div(from, Number(2)), b.Sub(all, Number(1)))
                : b.Div(b.Sub(b.Mul(from, all), Number(1)), Number(2));
            var (nearest, cubic) = (_mode == "nearest", _mode is "cubic" or "bicubic");
            at = nearest ? b.Op("Round", [at]) : at;
            at = _outside switch
            {
                "border" or "reflection" when cubic => at,
                "border" => b.Op("Clip", [at, Number(0), b.Sub(all, Number(1))]),
                "reflection" => Reflected(at, all),
                "zeros" => at,
                var other => throw new IrException($"{node.Describe()}: unknown padding_mode {other}; ONNX has zeros, border and reflection."),
            };
            var first = b.Op("Floor", [nearest ? b.Add(at, Number(0.5)) : at]); // a reflected place may lie between two elements
            var part = b.Sub(at, first);
            (int[] taps, Value[]? weights) = _mode switch
            {
                "nearest" => ([0], null),
                "linear" or "bilinear" => ([0, 1], [b.Sub(Number(1), part), part]),
                _ when cubic => (new[] { -1, 0, 1, 2 }, Cubic(part)),
                var other => throw new IrException($"{node.Describe()}: unknown mode {other}; ONNX has linear, nearest and cubic."),
            };
            var elements = b.Add(b.Unsqueeze(first, 1), b.CastLike(b.Constant(Tensor.From<float>([.. taps.Select(t => (float)t)], taps.Length, 1)), places)); // [N, taps, places]
            var weight = weights is null ? null : b.Concat(1, [.. weights.Select(w => b.Unsqueeze(w, 1))]);
            if (_outside == "zeros")
            {
                var inside = b.CastLike(b.And(b.GreaterOrEqual(elements, Number(0)), b.Less(elements, all)), places);
                weight = weight is null ? inside : b.Mul(weight, inside);
            }
            else if (_outside == "reflection" && cubic)
            {
                elements = b.Op("Round", [Reflected(elements, all)]);
            }

            return (b.Cast(b.Op("Clip", [elements, Number(0), b.Sub(all, Number(1))]), ElementType.Int64), weight);
        }

        /// <summary>Folded at the first and last element (aligned) or at their outer edges until it lies between.</summary>
        private Value Reflected(Value at, Value all)
        {
            Value Number(double value) => b.ConstantLike(at, value);
            var (low, room) = _aligned ? (0, b.Sub(all, Number(1))) : (-0.5, all);
            var twice = b.Max(b.Mul(room, Number(2)), Number(1)); // a single element: at it
            var beyond = b.Mod(b.Abs(b.Sub(at, Number(low))), twice, fmod: true);
            return b.Add(b.Sub(room, b.Abs(b.Sub(beyond, room))), Number(low));
        }

        // Of the elements 1 + t, t, 1 − t and 2 − t away
        private Value[] Cubic(Value part)
        {
            Value Number(double value) => b.ConstantLike(part, value);
            Value Near(Value t) => b.Add(b.Mul(b.Mul(b.Sub(b.Mul(t, Number(Sharpness + 2)), Number(Sharpness + 3)), t), t), Number(1));
            Value Far(Value t) => b.Sub(b.Mul(b.Add(b.Mul(b.Sub(b.Mul(t, Number(Sharpness)), Number(5 * Sharpness)), t), Number(8 * Sharpness)), t), Number(4 * Sharpness));
            var rest = b.Sub(Number(1), part);
            return [Far(b.Add(part, Number(1))), Near(part), Near(rest), Far(b.Add(rest, Number(1)))];
        }
    }
}
