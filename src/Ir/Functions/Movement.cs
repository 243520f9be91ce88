using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Functions;

/// <summary>ScatterElements adds up repeated indices exactly; ScatterND with reduction add loses updates where threads run, so no body has it.</summary>
internal static class Movement
{
    public static IReadOnlyList<Value> GatherGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var shape = b.Cast(inputs[0], ElementType.Int64);
        return [AddGathered(b, Zeros(b, inputs[2], shape), shape, inputs[1], inputs[2])];
    }

    public static IReadOnlyList<Value> GatherGradAdd(GraphBuilder b, IReadOnlyList<Value> inputs) =>
        [AddGathered(b, inputs[0], b.Shape(inputs[0]), inputs[1], inputs[2])];

    public static IReadOnlyList<Value> GatherElementsGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, shape, indices) = (inputs[0], inputs[1], inputs[2]);
        return [b.Op("ScatterElements", [Zeros(b, dY, shape), indices, dY], [("axis", BodyBuilder.IntReference("axis")), ("reduction", "add")])];
    }

    // Every position occurs once in a slice.
    public static IReadOnlyList<Value> SliceGrad(GraphBuilder b, IReadOnlyList<Value> inputs) =>
        [Returned(b, inputs[0], inputs[1], positions => b.Slice(positions, inputs[2], inputs[3], inputs[4], inputs[5]), "none")];

    public static IReadOnlyList<Value> GatherNDGrad(GraphBuilder b, IReadOnlyList<Value> inputs) =>
        [Returned(b, inputs[2], inputs[0], positions => b.Op("GatherND", [positions, inputs[1]], [("batch_dims", BodyBuilder.IntReference("batch_dims"))]), "add")];

    // Taking from an array of positions as dY was taken tells where each of its elements belongs.
    private static Value Returned(GraphBuilder b, Value dY, Value shape, Func<Value, Value> take, string reduction)
    {
        var zeros = b.Reshape(Zeros(b, dY, shape), -1); // [size]
        var positions = b.Range(b.Constant(Tensor.Scalar(0L)), b.Size(zeros), b.Constant(Tensor.Scalar(1L)));
        var taken = take(b.Reshape(positions, shape)); // as dY
        var scattered = b.ScatterElements(zeros, b.Reshape(taken, -1), b.Reshape(dY, -1), 0, reduction);
        return b.Reshape(scattered, shape);
    }

    // sum + dY where Gather(X, indices) took it from. Laid out as [before, size of axis, after], so that one form serves indices of every rank.
    private static Value AddGathered(GraphBuilder b, Value sum, Value shape, Value indices, Value dY)
    {
        var flat = b.Op("Flatten", [sum], [("axis", BodyBuilder.IntReference("axis"))]); // [before, size of axis · after]
        var before = b.Shape(flat, 0, 1);
        var size = b.Gather(shape, b.IntVectorAttribute("axis"));
        var count = b.Unsqueeze(b.Size(indices), 0);
        var rest = b.Constant(-1);
        var target = b.Reshape(sum, b.Concat(0, before, size, rest)); // [before, size of axis, after]
        var updates = b.Reshape(dY, b.Concat(0, before, count, rest)); // [before, count, after]
        var places = b.Expand(b.Reshape(indices, 1, -1, 1), b.Shape(updates)); // [before, count, after]
        return b.Reshape(b.ScatterElements(target, places, updates, 1, "add"), shape);
    }

    private static Value Zeros(GraphBuilder b, Value like, Value shape) => b.Expand(b.NumberLike(like, 0), shape);
}
