namespace OnnxPipeline.Reference.Ops;

/// <summary>An operator and the activation behind it, as ONNX Runtime's optimizer joins them.</summary>
internal static class FusedActivations
{
    // act(Conv(X, W, B) + Z)
    public static IReadOnlyList<Array64?> FusedConv(Call c)
    {
        var y = Convolutions.Conv(c)[0]!;
        var given = (c.Attributes.GetValueOrDefault("activation_params") as Ir.FloatsAttribute)?.Values;
        return [Activated(c, y, c.Optional(3)?.Doubles, given?[0], given?.Count > 1 ? given[1] : null)];
    }

    public static IReadOnlyList<Array64?> FusedGemm(Call c)
    {
        double? Given(string name) => c.Has(name) ? c.Float(name, 0) : null;
        return [Activated(c, Products.Gemm(c)[0]!, null, Given("activation_alpha"), Given("activation_beta") ?? Given("activation_gamma"))];
    }

    private static Array64 Activated(Call c, Array64 x, double[]? added, double? first, double? second)
    {
        Func<double, double> f = c.Text("activation", "") switch
        {
            "Relu" => v => Math.Max(v, 0),
            "Sigmoid" => Activations.Sigmoid,
            "Tanh" => Math.Tanh,
            "Softplus" => Activations.Softplus,
            "Softsign" => v => v / (1 + Math.Abs(v)),
            "LeakyRelu" => v => v >= 0 ? v : (first ?? 0.01f) * v,
            "Elu" => v => v >= 0 ? v : (first ?? 1) * (Math.Exp(v) - 1),
            "ThresholdedRelu" => v => v > (first ?? 1) ? v : 0,
            "HardSigmoid" => v => Math.Clamp(((first ?? 0.2f) * v) + (second ?? 0.5), 0, 1),
            "Selu" => v => (second ?? 1.05070102214813232421875f) * (v > 0 ? v : (first ?? 1.67326319217681884765625f) * (Math.Exp(v) - 1)),
            "Clip" => v => Math.Clamp(v, first!.Value, second!.Value),
            var other => throw new ArgumentException($"unknown activation {other}"),
        };
        return new(x.Doubles.Select((v, i) => f(v + (added?[i] ?? 0))).ToArray(), x.Dims);
    }
}
