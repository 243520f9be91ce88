using BenchmarkDotNet.Attributes;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Benchmarks;

/// <summary>768×512 elements.</summary>
public class DropoutBenchmarks
{
    private const int Length = 768 * 512;
    private readonly float[] _x = Data.Uniform(Length, -1, 1);
    private readonly float[] _y = new float[Length];
    private readonly bool[] _mask = new bool[Length];

    [Benchmark]
    public void Forward() => Dropout.Forward(_x, 0.1f, 1, 2, 0, _y, _mask);

    [Benchmark]
    public void ForwardLoop()
    {
        var threshold = (long)(0.1f * 2147483647.0);
        for (var i = 0; i < Length; i++)
        {
            _mask[i] = CounterRandom.Value(1, 2, i) >= threshold;
            _y[i] = _mask[i] ? _x[i] / 0.9f : 0f;
        }
    }

    [Benchmark]
    public void Backward() => Dropout.Backward(_x, _mask, 0.1f, _y);
}
