using BenchmarkDotNet.Attributes;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Benchmarks;

/// <summary>One optimizer step over a matrix of BERT-base, and the norm before it.</summary>
public class OptimizerBenchmarks
{
    private const int Length = 768 * 768;
    private readonly float[] _p = Data.Uniform(Length, -1, 1);
    private readonly float[] _g = Data.Uniform(Length, -1, 1);
    private readonly float[] _m = new float[Length];
    private readonly float[] _v = new float[Length];

    [Benchmark]
    public void AdamW() =>
        Kernels.AdamW.Step(_p, _g, _m, _v, new AdamWOptions { LearningRate = 1e-3f, Step = 5, GradientScale = 0.5f });

    [Benchmark]
    public void AdamWLoop()
    {
        var (p, g, m, v) = (_p, _g, _m, _v);
        const float lr = 1e-3f;
        var (bias1, bias2) = (1 - MathF.Pow(0.9f, 5), 1 - MathF.Pow(0.999f, 5));
        for (var i = 0; i < p.Length; i++)
        {
            var d = g[i] * 0.5f;
            p[i] -= lr * 0.01f * p[i];
            m[i] = (0.9f * m[i]) + (0.1f * d);
            v[i] = (0.999f * v[i]) + (0.001f * d * d);
            p[i] -= lr * (m[i] / bias1) / (MathF.Sqrt(v[i] / bias2) + 1e-8f);
        }
    }

    [Benchmark]
    public void Sgd() => Kernels.Sgd.Step(_p, _g, _v, 1e-3f, 0.9f, 0.01f, 0.5f);

    [Benchmark]
    public double Norm() => GlobalNorm.SumOfSquares(_g);

    [Benchmark]
    public double NormLoop()
    {
        var sum = 0.0;
        foreach (var x in _g)
        {
            sum += (double)x * x;
        }

        return sum;
    }
}
