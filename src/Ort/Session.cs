using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort;

/// <summary>A model ready to compute. <see cref="Run"/> may be called from several threads at once.</summary>
public sealed class Session : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string _name;
    private readonly HashSet<string> _optional;
    private readonly IReadOnlyList<NamedTensor> _held;
    private readonly IReadOnlySet<(string, string)> _kernels;

    private Session(InferenceSession session, string name, IReadOnlySet<(string, string)> kernels, IReadOnlyList<NamedTensor>? held = null)
    {
        (_session, _name, _kernels, _held) = (session, name, kernels, held ?? []);
        var optional = session.OverridableInitializerMetadata;
        _optional = [.. optional.Keys];
        Inputs = [.. session.InputNames.Except(_held.Select(tensor => tensor.Name)).Select(input => TensorSpecs.Of(input, session.InputMetadata[input])), .. optional.Select(pair => TensorSpecs.Of(pair.Key, pair.Value))];
        Outputs = [.. session.OutputNames.Select(output => TensorSpecs.Of(output, session.OutputMetadata[output]))];
    }

    /// <summary>In graph order; after the required ones those that have a default (initializers that are inputs too).</summary>
    public IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>Which of <see cref="Inputs"/> may be left out.</summary>
    public IReadOnlySet<string> OptionalInputs => _optional;

    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Loads a model file, external data beside it included. What is newer than the runtime is written in older operators first.</summary>
    /// <param name="name">What messages of <see cref="Run"/> call it, where those who read them must not see the path; null: the path.</param>
    /// <exception cref="FileFormatException">The file cannot be read.</exception>
    /// <exception cref="Ir.IrException">An operator is newer than the runtime and has no older form; the message names the node.</exception>
    /// <exception cref="OrtException">ONNX Runtime refuses the model; the message has the path.</exception>
    public static Session Open(string path, SessionSettings? settings = null, string? name = null)
    {
        InputFile.OpenRead(path).Dispose(); // says in one sentence why it cannot be read
        if (NewerModel.Lowered(path) is not { } lowered)
        {
            return Open(path, name ?? path, settings, options => new InferenceSession(path, options));
        }

        var (model, held) = NewerModel.ToBytes(lowered);
        return Open(path, name ?? path, settings, options => new InferenceSession(model, options), held);
    }

    /// <summary>Loads a model from memory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="held">Inputs that every computation gets, read where they lie at that moment; they are not among <see cref="Inputs"/>.</param>
    /// <exception cref="OrtException">ONNX Runtime refuses the model.</exception>
    public static Session Open(ReadOnlyMemory<byte> model, string name, SessionSettings? settings = null, IReadOnlyList<NamedTensor>? held = null) =>
        Open(name, name, settings, options => new InferenceSession(
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(model, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
                ? segment.Array
                : model.ToArray(), options), held);

    /// <summary>A session as training engines have it: nodes that have a C# kernel run it.</summary>
    internal static Session OpenWithKernels(byte[] model, string name) =>
        new(SessionOpening.Open(name, new SessionSettings(), options => new InferenceSession(model, options), out var kernels), name, kernels);

    /// <summary>Computes.</summary>
    /// <param name="inputs">By name, each once; an optional input may be left out.</param>
    /// <param name="outputs">Which outputs; null: all.</param>
    /// <exception cref="OrtException">A tensor is missing, unknown, or of another type or shape than <see cref="Inputs"/> say; the message names it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the computation stopped on the way.</exception>
    public IReadOnlyList<NamedTensor> Run(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        InputCheck.Check(_name, Inputs, _optional, inputs);
        var wanted = outputs ?? [.. Outputs.Select(output => output.Name)];
        if (wanted.FirstOrDefault(name => Outputs.All(output => output.Name != name)) is { } unknown)
        {
            throw new OrtException($"{_name} has no output '{unknown}'; its outputs are {string.Join(", ", Outputs.Select(output => output.Name))}.");
        }

        NamedTensor[] all = [.. inputs, .. _held];
        using var values = new TensorValues(all);
        using var options = new RunOptions();
        using var registration = cancellation.Register(() => options.Terminate = true);
        try
        {
            using var scope = DenormalScope.Enter();
            using var results = _session.Run(options, [.. all.Select(input => input.Name)], values.Values, wanted);
            return [.. wanted.Select((name, i) => new NamedTensor(name, TensorValues.Copy(name, results[i])))];
        }
        catch (OnnxRuntimeException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new OrtException($"{_name} could not be computed: {NativeRuntime.Line(e)}", e);
        }
    }

    /// <summary>Ends the profile that <see cref="SessionSettings.Profile"/> asked for, and tells which kernel each node ran on.</summary>
    public KernelReport EndProfile() => KernelReport.Take(_session.EndProfiling(), _kernels);

    public void Dispose() => _session.Dispose();

    /// <summary>
    /// Without the kernels that steps of training run on: offered in <c>com.microsoft</c>, they hide the operators that ONNX Runtime itself fuses
    /// into from every model that does not import that domain.
    /// </summary>
    private static Session Open(string source, string name, SessionSettings? settings, Func<SessionOptions, InferenceSession> open, IReadOnlyList<NamedTensor>? held = null) =>
        new(SessionOpening.Open(source, (settings ?? new SessionSettings()) with { Kernels = false }, open, out var kernels), name, kernels, held);
}
