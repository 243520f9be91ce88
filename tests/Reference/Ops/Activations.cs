namespace OnnxPipeline.Reference.Ops;

internal static class Activations
{
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    public static double Softplus(double x) => Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x)));

    public static double GeluErf(double x) => x / 2 * (1 + Erf(x / Math.Sqrt(2)));

    public static double GeluTanh(double x) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    // 2/√π·e^(−x²)·Σ 2ⁿ·x^(2n+1)/(1·3·5…(2n+1)): every term has the sign of x, so nothing cancels; beyond 6 the rest is below double's precision.
    public static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        double term = x, sum = x;
        for (var n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-18; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    public static double Swish(double x, double alpha) => x * Sigmoid(alpha * x);

    // γ·x, γ·(α·eˣ − α) for x ≤ 0
    public static IReadOnlyList<Array64?> Selu(Call c)
    {
        var (alpha, gamma) = (c.Float("alpha", 1.67326319217681884765625f), c.Float("gamma", 1.05070102214813232421875f));
        return Elementwise.Unary(v => gamma * (v > 0 ? v : (alpha * Math.Exp(v)) - alpha))(c);
    }

    // x + bias below −λ, x − bias above λ, else 0
    public static IReadOnlyList<Array64?> Shrink(Call c)
    {
        var (lambda, bias) = (c.Float("lambd", 0.5), c.Float("bias", 0));
        return Elementwise.Unary(v => v < -lambda ? v + bias : v > lambda ? v - bias : 0)(c);
    }

    public static IReadOnlyList<Array64?> HardSigmoid(Call c)
    {
        var (alpha, beta) = (c.Float("alpha", 0.2f), c.Float("beta", 0.5f));
        return Elementwise.Unary(v => Math.Clamp((alpha * v) + beta, 0, 1))(c);
    }

    // Both inputs have one shape: ONNX does not broadcast them.
    public static IReadOnlyList<Array64?> SwiGlu(Call c)
    {
        var alpha = c.Float("alpha", 1);
        return c[0].Dims.AsSpan().SequenceEqual(c[1].Dims)
            ? [new(c[0].Doubles.Zip(c[1].Doubles, (gate, v) => Swish(gate, alpha) * v).ToArray(), c[0].Dims)]
            : throw new ArgumentException("the inputs differ in shape");
    }

    // ONNX Gelu; com.microsoft Gelu has no attribute
    public static IReadOnlyList<Array64?> Gelu(Call c) =>
        Elementwise.Unary(c.Text("approximate", "none") == "tanh" ? GeluTanh : GeluErf)(c);

    /// <summary>f(x + bias), the bias optional.</summary>
    public static Operator Biased(Func<double, double> f) => c =>
    {
        var dims = c.Optional(1) is { } b ? Index.Broadcast(c[0].Dims, b.Dims) : c[0].Dims;
        var x = c[0].Expanded(dims).Doubles;
        var bias = c.Optional(1)?.Expanded(dims).Doubles;
        return [new(x.Select((v, i) => f(v + (bias?[i] ?? 0))).ToArray(), dims)];
    };
}
