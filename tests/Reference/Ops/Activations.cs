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
