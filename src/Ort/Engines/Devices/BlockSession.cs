using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary>One of <see cref="BlockGraphs"/>, ready to compute on the memory of its device.</summary>
internal sealed class BlockSession : IDisposable
{
    private const string NumbersName = "numbers";

    private readonly BoundSession _session;
    private readonly NativeBlock _numbers;
    private readonly nint _numbersTensor;
    private readonly int _numbersInput;
    private readonly int[] _vectors;

    public BlockSession(Model model, SessionSettings settings)
    {
        _session = new BoundSession(ModelFile.ToBytes(model), $"the graph '{model.Graph.Name}'", settings);
        _numbersInput = _session.InputIndex(NumbersName);
        _vectors = [.. Enumerable.Range(0, _session.Inputs.Count).Where(input => input != _numbersInput)];
        var count = _numbersInput < 0 ? 0 : _session.Inputs[_numbersInput].Dims[0];
        _numbers = new NativeBlock(count * sizeof(float));
        unsafe
        {
            _numbersTensor = NativeApi.CreateTensor(_numbers.Start, count * sizeof(float), [count], (int)ElementType.Float);
        }
    }

    /// <summary>Computes.</summary>
    /// <param name="inputs">Views of the vectors, in the order of the graph's inputs without <c>numbers</c>.</param>
    /// <param name="outputs">Views that take the outputs; those of inputs too.</param>
    /// <param name="numbers">As the graph wants them.</param>
    public void Run(ReadOnlySpan<nint> inputs, ReadOnlySpan<nint> outputs, ReadOnlySpan<float> numbers)
    {
        for (var i = 0; i < inputs.Length; i++)
        {
            _session.BindInput(_vectors[i], inputs[i], anew: true);
        }

        if (_numbersInput >= 0)
        {
            numbers.CopyTo(_numbers.Floats(0, numbers.Length));
            _session.BindInput(_numbersInput, _numbersTensor, anew: true);
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            _session.BindOutput(i, outputs[i], anew: true);
        }

        _session.Run();
    }

    public void Dispose()
    {
        _session.Dispose();
        NativeApi.ReleaseTensor(_numbersTensor);
        _numbers.Dispose();
    }
}
