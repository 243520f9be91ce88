namespace OnnxPipeline.Ir.Functions;

internal static class Normalizations
{
    public static IReadOnlyList<Value> SoftmaxGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, y) = (inputs[0], inputs[1]);
        var sum = b.ReduceSum(b.Mul(dY, y), b.IntVectorAttribute("axis"));
        return [b.Mul(b.Sub(dY, sum), y)];
    }

    public static IReadOnlyList<Value> LogSoftmaxGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, y) = (inputs[0], inputs[1]);
        return [b.Sub(dY, b.Mul(b.Exp(y), b.ReduceSum(dY, b.IntVectorAttribute("axis"))))];
    }

    public static IReadOnlyList<Value> AddLayerNormalization(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var sum = b.Add(inputs[0], inputs[1]);
        var normalized = b.Ops("LayerNormalization", [sum, inputs[2], inputs[3]], 3,
            [("axis", BodyBuilder.IntReference("axis")), ("epsilon", BodyBuilder.FloatReference("epsilon"))]);
        return [sum, .. normalized.Outputs];
    }

    public static IReadOnlyList<Value> LayerNormalizationGradAdd(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var gradients = LayerNormalizationGrad(b, inputs);
        return [b.Add(gradients[0], inputs[5]), gradients[1], gradients[2]];
    }

    // Everything is laid out as [rows, normalized], so that one form serves every axis; computed in the type of the mean.
    public static IReadOnlyList<Value> LayerNormalizationGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, x, scale, mean, inv) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]);
        Value Rows(Value value) => b.Op("Flatten", [value], [("axis", BodyBuilder.IntReference("axis"))]);

        var inverse = Rows(inv); // [rows, 1]
        var dy = b.CastLike(Rows(dY), mean); // [rows, normalized]
        var normalized = b.Mul(b.Sub(b.CastLike(Rows(x), mean), Rows(mean)), inverse); // [rows, normalized]
        var weights = b.CastLike(b.Reshape(scale, 1, -1), mean); // [1, normalized]

        var spread = b.Mul(b.Mul(dy, weights), inverse);
        var along = b.Mul(normalized, b.ReduceMean(b.Mul(spread, normalized), [1]));
        var dx = b.Sub(b.Sub(spread, b.ReduceMean(spread, [1])), along);
        var dScale = b.ReduceSum(b.Mul(dy, normalized), [0], keepDims: false); // [normalized]
        var dBias = b.ReduceSum(dy, [0], keepDims: false); // [normalized]

        var shape = b.Shape(scale);
        return
        [
            b.CastLike(b.Reshape(dx, b.Shape(x)), x),
            b.CastLike(b.Reshape(dScale, shape), scale),
            b.CastLike(b.Reshape(dBias, shape), scale),
        ];
    }

    // Laid out and computed as in LayerNormalizationGrad.
    public static IReadOnlyList<Value> SimplifiedLayerNormalizationGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, x, scale, inv) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        Value Rows(Value value) => b.Op("Flatten", [value], [("axis", BodyBuilder.IntReference("axis"))]);

        var inverse = Rows(inv); // [rows, 1]
        var dy = b.CastLike(Rows(dY), inv); // [rows, normalized]
        var normalized = b.Mul(b.CastLike(Rows(x), inv), inverse); // [rows, normalized]
        var spread = b.Mul(b.Mul(dy, b.CastLike(b.Reshape(scale, 1, -1), inv)), inverse);
        var dx = b.Sub(spread, b.Mul(normalized, b.ReduceMean(b.Mul(spread, normalized), [1])));
        var dScale = b.ReduceSum(b.Mul(dy, normalized), [0], keepDims: false); // [normalized]
        return [b.CastLike(b.Reshape(dx, b.Shape(x)), x), b.CastLike(b.Reshape(dScale, b.Shape(scale)), scale)];
    }

    public static IReadOnlyList<Value> BatchNormInternal(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, variance) = (inputs[0], inputs[4]);
        var normalized = b.Ops("BatchNormalization", [.. inputs], 3,
            [("epsilon", BodyBuilder.FloatReference("epsilon")), ("momentum", BodyBuilder.FloatReference("momentum")), ("training_mode", 1)]);
        var channels = b.CastLike(b.Reshape(x, 0, 0, -1), variance); // [N, C, rest]
        var mean = b.ReduceMean(channels, [0, 2]); // [1, C, 1]
        var centered = b.Sub(channels, mean);
        var inverse = b.Reciprocal(b.Sqrt(b.Add(b.ReduceMean(b.Mul(centered, centered), [0, 2], keepDims: false), b.FloatAttribute("epsilon", variance))));
        return [.. normalized.Outputs, b.Reshape(mean, -1), inverse];
    }

    // Everything is laid out as [N, C, rest]; computed in the type of the mean.
    public static IReadOnlyList<Value> BatchNormalizationGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, x, scale, mean, inv) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]);
        Value Channels(Value value) => b.CastLike(b.Reshape(value, 0, 0, -1), mean); // [N, C, rest]
        Value Column(Value value) => b.Unsqueeze(b.CastLike(value, mean), 1); // [C, 1]

        var dy = Channels(dY);
        var normalized = b.Mul(b.Sub(Channels(x), Column(mean)), Column(inv));
        var product = b.Mul(dy, normalized);
        var along = b.Mul(normalized, b.ReduceMean(product, [0, 2]));
        var dx = b.Mul(b.Sub(b.Sub(dy, b.ReduceMean(dy, [0, 2])), along), b.Mul(Column(scale), Column(inv)));
        return
        [
            b.CastLike(b.Reshape(dx, b.Shape(x)), x),
            b.CastLike(b.ReduceSum(product, [0, 2], keepDims: false), scale),
            b.CastLike(b.ReduceSum(dy, [0, 2], keepDims: false), scale),
        ];
    }
}
