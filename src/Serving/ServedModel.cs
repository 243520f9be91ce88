using OnnxPipeline.Files;

namespace OnnxPipeline.Serving;

/// <summary>One version of a model: what it takes, what it gives, and its computation.</summary>
public sealed class ServedModel : IDisposable
{
    private readonly Compute compute;
    private readonly IDisposable? resources;

    /// <param name="name">As callers say it.</param>
    /// <param name="version">At least 1.</param>
    /// <param name="inputs">In graph order; −1 where a dimension may vary.</param>
    /// <param name="outputs">In graph order; −1 where a dimension may vary.</param>
    /// <param name="compute">Called from several threads at once, with tensors that fit <paramref name="inputs"/>.</param>
    /// <param name="optional">Inputs that may be left out.</param>
    /// <param name="resources">What the computation holds; disposed with the model.</param>
    public ServedModel(
        string name, int version, IReadOnlyList<TensorInfo> inputs, IReadOnlyList<TensorInfo> outputs, Compute compute, IReadOnlySet<string>? optional = null, IDisposable? resources = null)
    {
        (Name, Version, Inputs, Outputs, OptionalInputs) = (name, version, inputs, outputs, optional ?? new HashSet<string>());
        (this.compute, this.resources) = (compute, resources);
    }

    /// <summary>A computation: the outputs called <paramref name="outputs"/>, in that order.</summary>
    public delegate IReadOnlyList<NamedTensor> Compute(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellation);

    public string Name { get; }

    public int Version { get; }

    public IReadOnlyList<TensorInfo> Inputs { get; }

    /// <summary>Which of <see cref="Inputs"/> may be left out.</summary>
    public IReadOnlySet<string> OptionalInputs { get; }

    public IReadOnlyList<TensorInfo> Outputs { get; }

    public void Dispose() => resources?.Dispose();

    /// <exception cref="ServingException">The computation failed, or refused a value.</exception>
    internal IReadOnlyList<NamedTensor> Run(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return compute(inputs, outputs, cancellation);
        }
        catch (PipelineException e)
        {
            // The tensors had the right types and shapes; a value may still be none that the graph can take, such as a token id beyond the vocabulary.
            var kind = e.Message.Contains("[ErrorCode:InvalidArgument]", StringComparison.Ordinal) ? ServingErrorKind.InvalidArgument : ServingErrorKind.Internal;
            throw new ServingException(kind, $"Model '{Name}' version {Version}: {e.Message}", e);
        }
    }
}
