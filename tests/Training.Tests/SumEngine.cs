using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training.Tests;

/// <summary>An engine by hand: inputs x [rows, 2], parameters w [2] (trainable) and b [] (frozen), loss Σ(x·w) + b, gradient of w the column sums of x.</summary>
internal sealed class SumEngine : ITrainingEngine
{
    private readonly byte[] _w = new byte[8];
    private readonly byte[] _b = new byte[4];
    private readonly byte[] _gradient = new byte[8];
    private byte[] _x = [];

    public IReadOnlyList<TensorSpec> Inputs { get; } = [new("x", ElementType.Float, [-1, 2], ["rows", ""])];

    public IReadOnlyList<EngineParameter> Parameters { get; } = [new("w", ElementType.Float, [2], true), new("b", ElementType.Float, [], false)];

    public IReadOnlyList<TensorSpec> FurtherOutputs { get; } = [new("count", ElementType.Int64, [], [])];

    public long Step { get; set; }

    public int Moments => 0;

    public void UseOptimizer(OptimizerSettings settings)
    {
    }

    public Span<byte> Input(int input, ReadOnlySpan<long> dims) => _x = new byte[dims[0] * dims[1] * 4];

    public float ForwardBackward(float weight, long seed, long step)
    {
        var x = Floats(_x);
        var w = Floats(_w);
        var gradient = Floats(_gradient);
        var loss = Floats(_b)[0];
        for (var i = 0; i < x.Length; i++)
        {
            loss += x[i] * w[i % 2];
            gradient[i % 2] += weight * x[i];
        }

        return loss;
    }

    public float Evaluate() => ForwardBackward(0, 0, 0);

    public Tensor FurtherOutput(int output) => Tensor.Scalar<long>(_x.Length / 8);

    public void ClearGradients() => Array.Clear(_gradient);

    public double? GradientNorm() => Floats(_gradient).ToArray().Sum(g => (double)g * g);

    public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale) => Step++;

    public ReadOnlyMemory<byte> Parameter(int parameter) => parameter == 0 ? _w : _b;

    public void SetParameter(int parameter, ReadOnlySpan<byte> value) => value.CopyTo(parameter == 0 ? _w : _b);

    public ReadOnlyMemory<byte> Gradient(int parameter) => _gradient;

    public ReadOnlyMemory<byte> Moment(int parameter, int moment) => throw new ArgumentOutOfRangeException(nameof(moment));

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value) => throw new ArgumentOutOfRangeException(nameof(moment));

    public void Dispose()
    {
    }

    private static Span<float> Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
}
