using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>An operator whose kernel is C#. Where a model brings a function of the same domain and name, the kernel wins over it.</summary>
/// <param name="domain">As the function's.</param>
/// <param name="name">As the function's.</param>
internal abstract class CustomOp(string domain, string name, IReadOnlyList<CustomOp.Port> inputs, IReadOnlyList<CustomOp.Port> outputs)
{
    /// <summary>An input or output.</summary>
    /// <param name="Type">The only element type that the kernel takes or gives.</param>
    /// <param name="ShapeOf">For an output: the input of whose shape it is, −1 where it is of none.</param>
    /// <param name="Over">For an output: the input whose memory it may take, −1 for none.</param>
    public readonly record struct Port(ElementType Type, bool Optional = false, int ShapeOf = -1, int Over = -1);

    public string Domain { get; } = domain;

    public string Name { get; } = name;

    public IReadOnlyList<Port> Inputs { get; } = inputs;

    public IReadOnlyList<Port> Outputs { get; } = outputs;

    /// <summary>Whether the kernel computes this form of the operator, as far as types and shapes are known; else the body does.</summary>
    public abstract bool Fits(Node node);

    /// <summary>The attributes of a node, read once.</summary>
    public abstract object Read(KernelAttributes attributes);

    /// <summary>Computes a node; may run on several threads at once for several runs. Allocates nothing on the managed heap.</summary>
    /// <param name="call">The node's inputs and outputs.</param>
    /// <param name="attributes">What <see cref="Read"/> gave.</param>
    /// <exception cref="OrtException">An input that the kernel does not take; it becomes the error of the run.</exception>
    public abstract void Compute(KernelCall call, object attributes);

    /// <summary>Whether every input and output of <paramref name="node"/> has the type that its port says.</summary>
    protected bool TypesFit(Node node) =>
        node.Inputs.Count <= Inputs.Count && node.Outputs.Count <= Outputs.Count
        && Inputs.Select((port, i) => node.Input(i) is { } value ? value.Element == port.Type : port.Optional).All(fits => fits);
}
