using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Functions;

/// <summary>ScatterElements adds up repeated indices exactly; ScatterND with reduction add loses updates where threads run, so no body has it.</summary>
internal static class Movement
{
    // Laid out as [before, size of axis, after], so that one form serves indices of every rank.
    public static IReadOnlyList<Value> GatherGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (indices, dY) = (inputs[1], inputs[2]);
        var shape = b.Cast(inputs[0], ElementType.Int64);
        var zeros = Zeros(b, dY, shape);
        var flat = b.Op("Flatten", [zeros], [("axis", BodyBuilder.IntReference("axis"))]); // [before, size of axis · after]
        var before = b.Shape(flat, 0, 1);
        var size = b.Gather(shape, b.IntVectorAttribute("axis"));
        var count = b.Unsqueeze(b.Size(indices), 0);
        var rest = b.Constant(-1);
        var target = b.Reshape(zeros, b.Concat(0, before, size, rest)); // [before, size of axis, after]
        var updates = b.Reshape(dY, b.Concat(0, before, count, rest)); // [before, count, after]
        var places = b.Expand(b.Reshape(indices, 1, -1, 1), b.Shape(updates)); // [before, count, after]
        return [b.Reshape(b.ScatterElements(target, places, updates, 1, "add"), shape)];
    }

    public static IReadOnlyList<Value> GatherElementsGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, shape, indices) = (inputs[0], inputs[1], inputs[2]);
        return [b.Op("ScatterElements", [Zeros(b, dY, shape), indices, dY], [("axis", BodyBuilder.IntReference("axis")), ("reduction", "add")])];
    }

    // Slicing an array of positions tells where each element of dY belongs; every position occurs once.
    public static IReadOnlyList<Value> SliceGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, shape) = (inputs[0], inputs[1]);
        var zeros = b.Reshape(Zeros(b, dY, shape), -1); // [size]
        var positions = b.Range(b.Constant(Tensor.Scalar(0L)), b.Size(zeros), b.Constant(Tensor.Scalar(1L)));
        var taken = b.Slice(b.Reshape(positions, shape), inputs[2], inputs[3], inputs[4], inputs[5]); // as dY
        var scattered = b.ScatterElements(zeros, b.Reshape(taken, -1), b.Reshape(dY, -1), 0);
        return [b.Reshape(scattered, shape)];
    }

    private static Value Zeros(GraphBuilder b, Value like, Value shape) => b.Expand(b.NumberLike(like, 0), shape);
}
