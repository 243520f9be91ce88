using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Native;

/// <summary>A session whose inputs and outputs stay bound from run to run; binding and running allocate nothing on the managed heap.</summary>
internal sealed class BoundSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtIoBinding _binding;
    private readonly RunOptions _options = new();
    private readonly string _name;
    private readonly bool _onDevice;
    private readonly Dictionary<string, int> _places;
    private readonly nint[] _inputNames;
    private readonly nint[] _outputNames;
    private readonly nint[] _inputs;
    private readonly nint[] _outputs;
    private readonly IReadOnlySet<(string, string)> _kernels;

    /// <param name="name">What messages call the model.</param>
    /// <exception cref="OrtException">ONNX Runtime refuses the model.</exception>
    public BoundSession(byte[] model, string name, SessionSettings settings)
    {
        (_name, _onDevice) = (name, settings.Device.Gpu is not null);
        _session = SessionOpening.Open(name, settings, options => new InferenceSession(model, options), out _kernels);
        _binding = _session.CreateIoBinding();
        Inputs = [.. _session.InputNames.Select(input => TensorSpecs.Of(input, _session.InputMetadata[input]))];
        Outputs = [.. _session.OutputNames.Select(output => TensorSpecs.Of(output, _session.OutputMetadata[output]))];
        _inputNames = [.. Inputs.Select(spec => Marshal.StringToCoTaskMemUTF8(spec.Name))];
        _outputNames = [.. Outputs.Select(spec => Marshal.StringToCoTaskMemUTF8(spec.Name))];
        _places = Inputs.Select((spec, i) => (spec.Name, i)).ToDictionary();
        _inputs = new nint[Inputs.Count];
        _outputs = new nint[Outputs.Count];
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>The number of the input called <paramref name="name"/>, −1 where there is none.</summary>
    public int InputIndex(string name) => _places.GetValueOrDefault(name, -1);

    /// <summary>Memory of the device that the session computes on; for as long as the session lives.</summary>
    public OrtAllocator Allocator(OrtMemoryInfo memory) => new(_session, memory);

    /// <summary>Binds a tensor of <see cref="NativeApi.CreateTensor"/>, which the caller keeps.</summary>
    /// <param name="anew">Also where the same one is bound: a session on a device copies from this process's memory when an input is bound.</param>
    public void BindInput(int input, nint tensor, bool anew = false)
    {
        if (anew || _inputs[input] != tensor)
        {
            NativeApi.BindInput(_binding, _inputNames[input], tensor);
            _inputs[input] = tensor;
        }
    }

    /// <summary>Lets the output be written into <paramref name="tensor"/>, of exactly its shape; 0: into memory of the runtime's.</summary>
    /// <param name="anew">Also where the same one is bound.</param>
    public void BindOutput(int output, nint tensor, bool anew = false)
    {
        if (tensor == 0)
        {
            NativeApi.BindOutputToCpu(_binding, _outputNames[output]); // anew for each run: what the last run left there has its shape
        }
        else if (anew || _outputs[output] != tensor)
        {
            NativeApi.BindOutput(_binding, _outputNames[output], tensor);
        }

        _outputs[output] = tensor;
    }

    /// <summary>Computes from what is bound; every input has to be.</summary>
    public void Run()
    {
        try
        {
            using var scope = DenormalScope.Enter();
            if (_onDevice)
            {
                _binding.SynchronizeBoundInputs();
            }

            _session.RunWithBinding(_options, _binding);
            if (_onDevice)
            {
                _binding.SynchronizeBoundOutputs();
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new OrtException($"{_name} could not be computed: {NativeRuntime.Line(e)}", e);
        }
    }

    /// <summary>A copy of an output of the last run. Outputs were bound in their order the first time.</summary>
    public Tensor Output(int output)
    {
        using var values = _binding.GetOutputValues();
        return TensorValues.Copy(Outputs[output].Name, values[output]);
    }

    /// <inheritdoc cref="Session.EndProfile"/>
    public KernelReport EndProfile() => KernelReport.Take(_session.EndProfiling(), _kernels);

    public void Dispose()
    {
        _binding.Dispose();
        _session.Dispose();
        _options.Dispose();
        Array.ForEach(_inputNames, Marshal.FreeCoTaskMem);
        Array.ForEach(_outputNames, Marshal.FreeCoTaskMem);
    }
}
