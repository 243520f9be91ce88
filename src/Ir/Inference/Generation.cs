using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

/// <summary>Operators that make tensors out of numbers, attributes or shapes.</summary>
internal static class Generation
{
    public static void Constant(InferenceContext c)
    {
        if (c.Node.ConstantOutput() is { } data)
        {
            c.Output(0, data.Type, Ir.Shape.Of(data.Dims));
        }
        else if (c.Node.Attributes.GetValueOrDefault("value_string") is StringAttribute)
        {
            c.Output(0, ElementType.String, Ir.Shape.Scalar);
        }
        else if (c.Node.Attributes.GetValueOrDefault("value_strings") is StringsAttribute strings)
        {
            c.Output(0, ElementType.String, [strings.Values.Count]);
        }
    }

    public static void ConstantOfShape(InferenceContext c)
    {
        var element = c.Node.Attributes.GetValueOrDefault("value") is TensorAttribute value ? value.Value.Type : ElementType.Float;
        c.Output(0, element, c.Elements(0) is { } dims ? Ir.Shape.Of(dims) : c.Length(0) is { } rank ? Ir.Shape.Of(new Dim[rank]) : null);
    }

    public static void Shape(InferenceContext c)
    {
        Dim length = Dim.Unknown;
        if (c.Shape(0) is { } x)
        {
            var (start, end) = Bounds(c.Node, x.Rank);
            length = Math.Max(0, end - start);
        }

        c.Output(0, ElementType.Int64, [length]);
    }

    /// <summary>The axes that a Shape node measures.</summary>
    public static (int Start, int End) Bounds(Node node, int rank)
    {
        int Clamp(long at) => (int)Math.Clamp(at < 0 ? at + rank : at, 0, rank);
        return (Clamp(node.Int("start", 0)), Clamp(node.Int("end", rank)));
    }

    public static void Size(InferenceContext c) => c.Output(0, ElementType.Int64, Ir.Shape.Scalar);

    public static void Range(InferenceContext c)
    {
        Dim length = Dim.Unknown;
        if (c.Elements(0) is [var start] && c.Elements(1) is [var limit] && c.Elements(2) is [{ IsKnown: true } delta] && !delta.Is(0))
        {
            var span = DimMath.Sub(limit, start);
            length = span.IsKnown ? Math.Max(0, -DimMath.FloorDiv(-span.Value, delta.Value)) : delta.Is(1) ? span : Dim.Unknown;
        }

        c.Output(0, c.Element(0), [length]);
    }

    /// <summary>Output 0 has the shape of input 0 and the element type of attribute dtype, else of the input.</summary>
    public static void Like(InferenceContext c) => c.Output(0, (ElementType)c.Node.Int("dtype", (long)c.Element(0)), c.Shape(0));

    public static void Random(InferenceContext c) =>
        c.Output(0, (ElementType)c.Node.Int("dtype", (long)ElementType.Float), c.Node.Ints("shape") is { } shape ? Ir.Shape.Of(shape) : null);

    public static void Multinomial(InferenceContext c) =>
        c.Output(0, (ElementType)c.Node.Int("dtype", (long)ElementType.Int32), [c.Shape(0) is { Rank: > 0 } x ? x[0] : Dim.Unknown, c.Node.Int("sample_size", 1)]);
}
