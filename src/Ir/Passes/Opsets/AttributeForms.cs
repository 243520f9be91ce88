using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Opsets;

/// <summary>Operators whose attributes became inputs; the meaning stayed.</summary>
internal static class AttributeForms
{
    /// <summary>An attribute of integers, floats or one integer becomes input number <paramref name="index"/>, a vector.</summary>
    public static void ToInput(Node node, GraphBuilder b, string name, int index)
    {
        if (node.Attributes.Remove(name, out var value))
        {
            node.SetInput(index, b.Constant(value switch
            {
                IntsAttribute list => Tensor.Vector<long>([.. list.Values]),
                FloatsAttribute list => Tensor.Vector<float>([.. list.Values]),
                IntAttribute one => Tensor.Vector(one.Value),
                _ => throw Wrong(node, name, value),
            }));
        }
    }

    public static void Axes(Node node, GraphBuilder b) => ToInput(node, b, "axes", 1);

    public static void Slice(Node node, GraphBuilder b)
    {
        ToInput(node, b, "starts", 1);
        ToInput(node, b, "ends", 2);
        ToInput(node, b, "axes", 3);
    }

    public static void Clip(Node node, GraphBuilder b)
    {
        ScalarToInput(node, b, "min", 1);
        ScalarToInput(node, b, "max", 2);
    }

    public static void Pad(Node node, GraphBuilder b)
    {
        ToInput(node, b, "pads", 1);
        ScalarToInput(node, b, "value", 2);
    }

    /// <summary>Dropout-7 and -10: inference only, the ratio an attribute.</summary>
    public static void Dropout(Node node, GraphBuilder b)
    {
        node.Attributes.TryAdd("ratio", 0.5f);
        ScalarToInput(node, b, "ratio", 1);
    }

    /// <summary>DFT-17: the axis [1] an attribute; today it is an input [−2].</summary>
    public static void DftAxis(Node node, GraphBuilder b)
    {
        node.SetInput(2, b.Constant(Tensor.Scalar(node.Int("axis", 1))));
        node.Attributes.Remove("axis");
    }

    /// <summary>Below 13 all inputs had to be there; a size or scale that does not count was an empty tensor.</summary>
    public static void OptionalResizeInputs(Node node, GraphBuilder b)
    {
        for (var i = 1; i < node.Inputs.Count; i++)
        {
            if (node.Input(i)?.ConstantData is { Count: 0 })
            {
                node.SetInput(i, null);
            }
        }
    }

    private static void ScalarToInput(Node node, GraphBuilder b, string name, int index)
    {
        if (node.Attributes.Remove(name, out var value))
        {
            node.SetInput(index, b.ConstantLike(node.Inputs[0]!, value is FloatAttribute number ? number.Value : throw Wrong(node, name, value)));
        }
    }

    private static IrException Wrong(Node node, string name, AttributeValue value) => value is ReferenceAttribute
        ? new($"{node.Describe()}: its attribute {name}, which is an input today, comes from the caller of the function. Inline the functions first, or export the model with opset 18 or above.")
        : new($"{node.Describe()}: its attribute {name} has a wrong kind, {value.GetType().Name}.");
}
