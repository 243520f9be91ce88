namespace OnnxPipeline.Ir.Functions;

internal static class Activations
{
    public static IReadOnlyList<Value> ReluGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, x) = (inputs[0], inputs[1]);
        var zero = b.NumberLike(dY, 0);
        return [b.Where(b.Greater(x, zero), dY, zero)];
    }

    public static IReadOnlyList<Value> LeakyReluGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, y) = (inputs[0], inputs[1]);
        return [b.Where(b.Greater(y, b.NumberLike(y, 0)), dY, b.Mul(dY, b.FloatAttribute("alpha", dY)))];
    }

    public static IReadOnlyList<Value> SigmoidGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, y) = (inputs[0], inputs[1]);
        return [b.Mul(dY, b.Mul(y, b.Sub(b.NumberLike(y, 1), y)))];
    }

    public static IReadOnlyList<Value> TanhGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, y) = (inputs[0], inputs[1]);
        return [b.Mul(dY, b.Sub(b.NumberLike(y, 1), b.Mul(y, y)))];
    }

    public static IReadOnlyList<Value> GeluGrad(GraphBuilder b, IReadOnlyList<Value> inputs) => [GeluSlope(b, inputs[0], inputs[1])];

    public static IReadOnlyList<Value> BiasGeluGrad(GraphBuilder b, IReadOnlyList<Value> inputs) => [GeluSlope(b, inputs[0], b.Add(inputs[1], inputs[2]))];

    public static IReadOnlyList<Value> FastGeluGrad(GraphBuilder b, IReadOnlyList<Value> inputs) => [FastGeluSlope(b, inputs[0], inputs[1])];

    public static IReadOnlyList<Value> BiasFastGeluGrad(GraphBuilder b, IReadOnlyList<Value> inputs) => [FastGeluSlope(b, inputs[0], b.Add(inputs[1], inputs[2]))];

    // s = σ(αx): dY·s·(1 + αx·(1 − s))
    public static IReadOnlyList<Value> QuickGeluGrad(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (dY, x) = (inputs[0], inputs[1]);
        var scaled = b.Mul(x, b.FloatAttribute("alpha", x));
        var (s, one) = (b.Sigmoid(scaled), b.NumberLike(x, 1));
        return [b.Mul(dY, b.Mul(s, b.Add(one, b.Mul(scaled, b.Sub(one, s)))))];
    }

    // Φ(x) = (1 + erf(x/√2))/2, φ(x) = e^(−x²/2)/√(2π)
    private static Value GeluSlope(GraphBuilder b, Value dY, Value x)
    {
        var erf = b.Erf(b.Mul(x, b.NumberLike(x, 1 / Math.Sqrt(2))));
        var distribution = b.Mul(b.Add(erf, b.NumberLike(x, 1)), b.NumberLike(x, 0.5));
        var density = b.Mul(b.Exp(b.Mul(b.Mul(x, x), b.NumberLike(x, -0.5))), b.NumberLike(x, 1 / Math.Sqrt(2 * Math.PI)));
        return b.Mul(dY, b.Add(distribution, b.Mul(x, density)));
    }

    // t = tanh(a·(x + c·x³)), a = √(2/π), c = 0.044715: dY/2·(1 + t + x·(1 − t²)·(a + 3ac·x²))
    private static Value FastGeluSlope(GraphBuilder b, Value dY, Value x)
    {
        var a = Math.Sqrt(2 / Math.PI);
        const double c = 0.044715;
        var (one, square) = (b.NumberLike(x, 1), b.Mul(x, x));
        var t = b.Tanh(b.Mul(x, b.Add(b.NumberLike(x, a), b.Mul(square, b.NumberLike(x, a * c)))));
        var inner = b.Mul(x, b.Add(b.NumberLike(x, a), b.Mul(square, b.NumberLike(x, 3 * a * c))));
        var slope = b.Add(b.Add(one, t), b.Mul(b.Sub(one, b.Mul(t, t)), inner));
        return b.Mul(dY, b.Mul(slope, b.NumberLike(x, 0.5)));
    }
}
