using OnnxPipeline.Files;

namespace OnnxPipeline.Ort;

/// <summary>A model ready to compute. <see cref="Run"/> may be called from several threads at once.</summary>
public sealed class Session : IDisposable
{
    private Session(IReadOnlyList<TensorSpec> inputs, IReadOnlyList<TensorSpec> outputs) => (Inputs, Outputs) = (inputs, outputs);

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<TensorSpec> Outputs { get; }

    /// <summary>Loads a model file, external data beside it included.</summary>
    /// <exception cref="OrtException">ONNX Runtime refuses the model.</exception>
    public static Session Open(string path, SessionSettings? settings = null) => throw new OrtException($"{path} {settings}: not here yet.");

    /// <summary>Loads a model from memory.</summary>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="OrtException">ONNX Runtime refuses the model.</exception>
    public static Session Open(ReadOnlyMemory<byte> model, string name, SessionSettings? settings = null) => throw new OrtException($"{name} {model.Length} {settings}: not here yet.");

    /// <summary>Computes.</summary>
    /// <param name="inputs">By name, each once; an optional input may be left out.</param>
    /// <param name="outputs">Which outputs; null: all.</param>
    /// <exception cref="OrtException">A tensor is missing, unknown, or of another type or shape than <see cref="Inputs"/> say; the message names it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the computation stopped on the way.</exception>
    public IReadOnlyList<NamedTensor> Run(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string>? outputs = null, CancellationToken cancellation = default) =>
        throw new OrtException($"{Inputs.Count} {inputs.Count} {outputs} {cancellation}: not here yet.");

    public void Dispose()
    {
    }
}
