using BenchmarkDotNet.Attributes;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Benchmarks;

/// <summary>512 rows of 768.</summary>
public class LayerNormalizationBenchmarks
{
    private const int Rows = 512;
    private const int Width = 768;
    private readonly float[] _x = Data.Uniform(Rows * Width, -1, 1);
    private readonly float[] _scale = Data.Uniform(Width, -1, 1);
    private readonly float[] _y = new float[Rows * Width];
    private readonly float[] _mean = new float[Rows];
    private readonly float[] _inv = new float[Rows];
    private readonly float[] _dScale = new float[Width];
    private readonly float[] _dBias = new float[Width];

    [Benchmark]
    public void Forward() => LayerNormalization.Forward(_x, _scale, _scale, 1e-5f, _y, _mean, _inv);

    [Benchmark]
    public void ForwardLoop()
    {
        for (var row = 0; row < Rows; row++)
        {
            var x = _x.AsSpan(row * Width, Width);
            var y = _y.AsSpan(row * Width, Width);
            var (sum, squares) = (0f, 0f);
            foreach (var value in x)
            {
                sum += value;
                squares += value * value;
            }

            var mean = sum / Width;
            var inv = 1 / MathF.Sqrt((squares / Width) - (mean * mean) + 1e-5f);
            for (var i = 0; i < Width; i++)
            {
                y[i] = ((x[i] - mean) * inv * _scale[i]) + _scale[i];
            }

            (_mean[row], _inv[row]) = (mean, inv);
        }
    }

    [Benchmark]
    public void Backward() => LayerNormalization.Backward(_x, _x, _scale, _mean, _inv, [], _y, _dScale, _dBias);
}
