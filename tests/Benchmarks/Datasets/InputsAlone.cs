using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Benchmarks.Datasets;

/// <summary>An engine that takes batches and does nothing with them.</summary>
internal sealed class InputsAlone(IReadOnlyList<TensorSpec> inputs) : ITrainingEngine
{
    private readonly byte[][] _memory = [.. inputs.Select(_ => Array.Empty<byte>())];

    public IReadOnlyList<TensorSpec> Inputs => inputs;

    public IReadOnlyList<EngineParameter> Parameters => [];

    public IReadOnlyList<TensorSpec> FurtherOutputs => [];

    public long Step { get; set; }

    public int Moments => 0;

    public Span<byte> Input(int input, ReadOnlySpan<long> dims)
    {
        long count = 1;
        foreach (var dim in dims)
        {
            count *= dim;
        }

        var wanted = (int)inputs[input].Type.ByteCount(count);
        if (_memory[input].Length < wanted)
        {
            _memory[input] = new byte[wanted];
        }

        return _memory[input].AsSpan(0, wanted);
    }

    public void UseOptimizer(OptimizerSettings settings) => throw new NotSupportedException();

    public float ForwardBackward(float weight, long seed, long step) => throw new NotSupportedException();

    public float Evaluate() => throw new NotSupportedException();

    public Tensor FurtherOutput(int output) => throw new NotSupportedException();

    public void ClearGradients() => throw new NotSupportedException();

    public double? GradientNorm() => throw new NotSupportedException();

    public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale) => throw new NotSupportedException();

    public ReadOnlyMemory<byte> Parameter(int parameter) => throw new NotSupportedException();

    public void SetParameter(int parameter, ReadOnlySpan<byte> value) => throw new NotSupportedException();

    public ReadOnlyMemory<byte> Gradient(int parameter) => throw new NotSupportedException();

    public ReadOnlyMemory<byte> Moment(int parameter, int moment) => throw new NotSupportedException();

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
