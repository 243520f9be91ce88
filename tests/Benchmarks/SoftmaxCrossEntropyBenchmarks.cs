using BenchmarkDotNet.Attributes;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Benchmarks;

/// <summary>32 positions over BERT's vocabulary.</summary>
public class SoftmaxCrossEntropyBenchmarks
{
    private const int Rows = 32;
    private const int Classes = 30522;
    private readonly float[] _logits = Data.Uniform(Rows * Classes, -10, 10);
    private readonly float[] _logProb = new float[Rows * Classes];
    private readonly float[] _gradient = new float[Rows * Classes];
    private readonly float[] _loss = new float[Rows];
    private readonly long[] _labels = new long[Rows];

    [Benchmark]
    public int Forward() => SoftmaxCrossEntropy.Forward<long>(_logits, _labels, -100, _loss, _logProb);

    [Benchmark]
    public void ForwardLoop()
    {
        for (var row = 0; row < Rows; row++)
        {
            var x = _logits.AsSpan(row * Classes, Classes);
            var max = float.NegativeInfinity;
            foreach (var value in x)
            {
                max = MathF.Max(max, value);
            }

            var sum = 0f;
            foreach (var value in x)
            {
                sum += MathF.Exp(value - max);
            }

            var log = MathF.Log(sum);
            for (var i = 0; i < Classes; i++)
            {
                _logProb[(row * Classes) + i] = x[i] - max - log;
            }
        }
    }

    [Benchmark]
    public int Backward() => SoftmaxCrossEntropy.Backward<long>(_logProb, 0.5f, _labels, -100, _gradient);
}
