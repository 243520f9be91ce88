using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

internal static class Elementwise
{
    /// <summary>Output 0 has the type of input 0.</summary>
    public static void Same(InferenceContext c) => c.OutputLike(0, 0);

    public static void Identity(InferenceContext c)
    {
        if (c.Node.Input(0)?.Type is { } type and not TensorType)
        {
            c.Node.Outputs[0].Type = type;
            return;
        }

        c.OutputLike(0, 0);
    }

    /// <summary>Inputs of one element type, broadcast.</summary>
    public static void Broadcasting(InferenceContext c)
    {
        var element = ElementType.Undefined;
        for (var i = 0; i < c.Inputs; i++)
        {
            var found = c.Element(i);
            if (element != ElementType.Undefined && found != ElementType.Undefined && found != element)
            {
                throw c.Contradiction($"element types {element} and {found}", "one element type");
            }

            element = found == ElementType.Undefined ? element : found;
        }

        c.Output(0, element, All(c));
    }

    /// <summary>Inputs broadcast; the element type of the first.</summary>
    public static void BroadcastingLikeFirst(InferenceContext c) => c.Output(0, c.Element(0), All(c));

    public static void Compared(InferenceContext c) => c.Output(0, ElementType.Bool, All(c));

    public static void Tested(InferenceContext c) => c.Output(0, ElementType.Bool, c.Shape(0));

    public static void Where(InferenceContext c) => c.Output(0, c.Element(1) == ElementType.Undefined ? c.Element(2) : c.Element(1), c.Broadcast(0, 1, 2));

    public static void Cast(InferenceContext c) => c.Output(0, (ElementType)c.Node.Int("to", 0), c.Shape(0));

    public static void CastLike(InferenceContext c) => c.Output(0, c.Element(1), c.Shape(0));

    // y has x's shape, the slope is broadcast to it
    public static void FirstKeepsShape(InferenceContext c) => c.OutputLike(0, 0);

    private static Shape? All(InferenceContext c) => c.Broadcast([.. Enumerable.Range(0, c.Inputs)]);
}
