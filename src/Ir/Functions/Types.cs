namespace OnnxPipeline.Ir.Functions;

/// <summary>Type inference shared by several operators.</summary>
internal static class Types
{
    /// <summary>Output i has the type of input <paramref name="inputs"/>[i].</summary>
    public static Action<Node> Of(params int[] inputs) => node =>
    {
        for (var i = 0; i < Math.Min(inputs.Length, node.Outputs.Count); i++)
        {
            node.Outputs[i].Type = node.Input(inputs[i])?.Type ?? node.Outputs[i].Type;
        }
    };

    /// <summary>The only output has the shape that input <paramref name="shape"/> holds, where that is known, and the element type of input <paramref name="like"/>.</summary>
    public static Action<Node> OfShape(int shape, int like) => node =>
    {
        var element = node.Input(like)?.Element ?? Files.ElementType.Undefined;
        if (element == Files.ElementType.Undefined)
        {
            return;
        }

        var dims = node.Input(shape) is { } source && Inference.Numbers.Of(source) is { } elements
            ? Shape.Of([.. elements.Select(d => Inference.DimMath.IsNothing(d) ? Dim.Fresh() : d)])
            : node.Outputs[0].Shape;
        node.Outputs[0].Type = new TensorType(element, dims);
    };
}
