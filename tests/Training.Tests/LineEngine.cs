using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training.Tests;

/// <summary>An engine in a few lines of arithmetic: y = w·x + b with mean squared error and SGD with momentum, so that tests of the loop see every number.</summary>
internal sealed class LineEngine : ITrainingEngine
{
    private readonly float[] _values = [0, 0];
    private readonly float[] _gradients = [0, 0];
    private readonly float[] _moments = [0, 0];
    private readonly byte[][] _inputs = [[], []];
    private OptimizerSettings? _settings;

    public IReadOnlyList<TensorSpec> Inputs { get; } = [new("x", ElementType.Float, [-1], ["n"]), new("target", ElementType.Float, [-1], ["n"])];

    public IReadOnlyList<EngineParameter> Parameters { get; } = [new("w", ElementType.Float, [1], true), new("b", ElementType.Float, [1], true)];

    public IReadOnlyList<TensorSpec> FurtherOutputs => [];

    public long Step { get; set; }

    public int Moments => 1;

    public void UseOptimizer(OptimizerSettings settings) => _settings = settings;

    public Span<byte> Input(int input, ReadOnlySpan<long> dims) => _inputs[input] = new byte[4 * dims[0]];

    public float ForwardBackward(float weight, long seed, long step)
    {
        var x = MemoryMarshal.Cast<byte, float>(_inputs[0]);
        var y = MemoryMarshal.Cast<byte, float>(_inputs[1]);
        float loss = 0;
        for (var i = 0; i < x.Length; i++)
        {
            var error = _values[0] * x[i] + _values[1] - y[i];
            loss += error * error / x.Length;
            _gradients[0] += weight * 2 * error * x[i] / x.Length;
            _gradients[1] += weight * 2 * error / x.Length;
        }

        return loss;
    }

    public float Evaluate()
    {
        var saved = (float[])_gradients.Clone();
        var loss = ForwardBackward(0, 0, 0);
        saved.CopyTo(_gradients, 0);
        return loss;
    }

    /// <summary>The smaller w, the better.</summary>
    public IReadOnlyList<TensorSpec> EvaluationOutputs { get; } = [new("smallness", ElementType.Float, [2], [])];

    public Tensor FurtherOutput(int output) => Tensor.Vector<float>(-_values[0], 1);

    public void ClearGradients() => _gradients.AsSpan().Clear();

    public double? GradientNorm() => Math.Sqrt(_gradients.Sum(g => (double)g * g));

    public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale)
    {
        for (var i = 0; i < 2; i++)
        {
            _moments[i] = _settings!.Momentum * _moments[i] + gradientScale * _gradients[i];
            var name = Parameters[i].Name;
            _values[i] -= learningRates[_settings.LearningRate.GetValueOrDefault(name)] * (_moments[i] + _settings.WeightDecay.GetValueOrDefault(name) * _values[i]);
        }

        Step++;
    }

    public ReadOnlyMemory<byte> Parameter(int parameter) => Bytes(_values, parameter);

    public void SetParameter(int parameter, ReadOnlySpan<byte> value) => value.CopyTo(Bytes(_values, parameter).Span);

    public ReadOnlyMemory<byte> Gradient(int parameter) => Bytes(_gradients, parameter);

    public ReadOnlyMemory<byte> Moment(int parameter, int moment) => Bytes(_moments, parameter);

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value) => value.CopyTo(Bytes(_moments, parameter).Span);

    public void Dispose()
    {
    }

    private static Memory<byte> Bytes(float[] values, int index) => new Window(values, index).Memory;

    /// <summary>One float of an array as the four bytes of memory that it is.</summary>
    private sealed class Window(float[] values, int index) : System.Buffers.MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan(index, 1));

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => default;

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
