using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests;

public sealed class InitializationTests
{
    private static readonly Dictionary<string, Tensor> Parameters = Make(7);

    [TestCase("transformer.wte.weight", 0.02)]
    [TestCase("transformer.h.1.attn.c_attn.weight", 0.02)]
    [TestCase("transformer.h.1.mlp.c_fc.weight", 0.02)]
    [TestCase("transformer.h.0.attn.c_proj.weight", 0.01)] // 0.02/√(2·2 layers)
    [TestCase("transformer.h.1.mlp.c_proj.weight", 0.01)]
    public void Matrix_Numbers_AreNormalWithTheirDeviation(string name, double deviation)
    {
        var sorted = Parameters[name].As<float>().ToArray().Select(v => v / deviation).Order().ToArray();
        Assert.That(sorted.Average(), Is.Zero.Within(4 / Math.Sqrt(sorted.Length)));
        Assert.That(Math.Sqrt(sorted.Average(v => v * v)), Is.EqualTo(1).Within(4 / Math.Sqrt(2.0 * sorted.Length)));
        var distance = sorted.Select((v, i) => Math.Abs(Phi(v) - ((i + 0.5) / sorted.Length))).Max(); // Kolmogorov and Smirnov
        Assert.That(distance, Is.LessThan(1.95 / Math.Sqrt(sorted.Length)), "one in a thousand of truly normal samples is further off");
    }

    [Test]
    public void Vectors_BiasesAreZeroAndNormsOne()
    {
        foreach (var (name, tensor) in Parameters.Where(p => p.Value.Rank == 1))
        {
            Assert.That(tensor.As<float>().ToArray(), Is.All.EqualTo(name.EndsWith("bias", StringComparison.Ordinal) ? 0f : 1f), name);
        }
    }

    [Test]
    public void Matrices_OfEqualShape_Differ()
    {
        var first = Parameters["transformer.h.0.mlp.c_fc.weight"].As<float>();
        var second = Parameters["transformer.h.1.mlp.c_fc.weight"].As<float>();
        Assert.That(Correlation(first, second), Is.Zero.Within(4 / Math.Sqrt(first.Length)));
        Assert.That(Correlation(first, Make(8)["transformer.h.0.mlp.c_fc.weight"].As<float>()), Is.Zero.Within(4 / Math.Sqrt(first.Length)), "another seed");
    }

    [Test]
    public void Numbers_OfASeed_AreTheseOnEveryMachine()
    {
        // What the generator gave when it was written: stored runs and the same bytes everywhere rest on it.
        var bits = MemoryMarshal.Cast<float, int>(Parameters["transformer.wte.weight"].As<float>()[..4]).ToArray();
        Assert.That(bits, Is.EqualTo(Pinned));
    }

    private static readonly int[] Pinned = [-1139597983, 1017682576, -1137714006, -1131644573];

    private static double Correlation(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, x = 0, y = 0;
        for (var i = 0; i < a.Length; i++)
        {
            product += a[i] * (double)b[i];
            x += a[i] * (double)a[i];
            y += b[i] * (double)b[i];
        }

        return product / Math.Sqrt(x * y);
    }

    private static Dictionary<string, Tensor> Make(long seed) =>
        FamilyTable.Build(Built.Config("""{"model_type": "gpt2", "vocab_size": 500, "n_positions": 8, "n_embd": 64, "n_layer": 2, "n_head": 2}"""), new BuildOptions("clm", false, seed))
            .Graph.Initializers.ToDictionary(v => v.Name, v => v.Initializer!);

    // The share of the normal distribution below x: ½ + φ(x)·(x + x³/3 + x⁵/15 + …)
    private static double Phi(double x)
    {
        double term = x, sum = x;
        for (var k = 3; k < 200; k += 2)
        {
            term *= x * x / k;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
