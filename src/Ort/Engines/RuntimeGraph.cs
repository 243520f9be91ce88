using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.Engines;

/// <summary>What of a training or evaluation graph is the user's, as Microsoft's runtime tells by names.</summary>
/// <param name="Inputs">In graph order, as they are fed.</param>
/// <param name="Outputs">The loss first.</param>
/// <param name="Parameters">Names of the graph's inputs that the checkpoint has, in graph order.</param>
/// <param name="Trainable">Those with a gradient.</param>
internal sealed record RuntimeGraph(IReadOnlyList<TensorSpec> Inputs, IReadOnlyList<TensorSpec> Outputs, IReadOnlyList<string> Parameters, IReadOnlySet<string> Trainable)
{
    private const string Buffer = "_grad.accumulation.buffer", Flag = "_grad.accumulation.out", Reset = "lazy_reset_grad";

    /// <param name="known">The names of the checkpoint's parameters.</param>
    public static RuntimeGraph Of(Graph graph, IReadOnlySet<string> known) => new(
        [.. graph.Inputs.Where(input => input.Name != Reset && !input.Name.EndsWith(Buffer, StringComparison.Ordinal) && !known.Contains(input.Name)).Select(Spec)],
        [.. graph.Outputs.Where(output => !output.Name.EndsWith(Flag, StringComparison.Ordinal)).Select(Spec)],
        [.. graph.Inputs.Select(input => input.Name).Where(known.Contains)],
        graph.Inputs.Select(input => input.Name).Where(name => name.EndsWith(Buffer, StringComparison.Ordinal)).Select(name => name[..^Buffer.Length]).ToHashSet());

    private static TensorSpec Spec(Value value)
    {
        var shape = value.Shape ?? Shape.Scalar;
        return new TensorSpec(value.Name, value.Element, [.. shape.Select(dim => dim.IsKnown ? dim.Value : -1)], [.. shape.Select(dim => dim.Symbol is { } symbol && !dim.IsFresh ? symbol : "")]);
    }
}
