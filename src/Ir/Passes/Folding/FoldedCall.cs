using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Folding;

/// <summary>A node all of whose inputs are known, with what inference says of its output.</summary>
internal sealed record FoldedCall(Node Node, Literal?[] Inputs, ElementType Element, long[] Dims)
{
    /// <summary>An input that the operator requires.</summary>
    public Literal this[int index] => Optional(index) ?? throw new IrException($"{Node.Describe()}: input {index} is missing; the operator requires it. Correct the node.");

    public Literal? Optional(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>An attribute of older opsets, or the input that took its place.</summary>
    public long[]? Ints(string name, int input) => Node.Ints(name)?.ToArray() ?? Optional(input)?.Wholes;

    /// <summary>−1 is the last axis; inference has seen to it that it exists.</summary>
    public int Axis(long fallback) => (int)(Node.Int("axis", fallback) is var axis && axis < 0 ? axis + this[0].Dims.Length : axis);
}
