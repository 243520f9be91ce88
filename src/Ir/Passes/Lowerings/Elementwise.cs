using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Lowerings;

internal static class Elementwise
{
    // x·σ(αx)
    public static void Swish(Node node, GraphBuilder b) => NewerOperators.Replace(node, Swish(b, node.Inputs[0]!, node.Float("alpha", 1)));

    // a·σ(αa)·b
    public static void SwiGLU(Node node, GraphBuilder b) => NewerOperators.Replace(node, b.Mul(Swish(b, node.Inputs[0]!, node.Float("alpha", 1)), Rewriting.Required(node, 1)));

    // x/√(mean x² + ε)·scale, the mean over the axes from axis on; in float32 for narrower types
    public static void RMSNormalization(Node node, GraphBuilder b)
    {
        var (x, scale) = (node.Inputs[0]!, node.Inputs[1]!);
        var axis = node.Int("axis", -1);
        if (axis >= 0)
        {
            axis -= x.Shape?.Rank ?? throw new IrException($"{node.Describe()}: the rank of '{x.Name}' is not known, and its axis {axis} counts from the front. Give the model's inputs a shape.");
        }

        var narrow = x.Element is ElementType.Float16 or ElementType.BFloat16 && node.Int("stash_type", 1) == 1;
        var wide = narrow ? b.Cast(x, ElementType.Float) : x;
        var mean = b.ReduceMean(b.Mul(wide, wide), [.. Enumerable.Range(0, (int)-axis).Select(i => axis + i)]);
        var normalized = b.Div(wide, b.Sqrt(b.Add(mean, b.ConstantLike(wide, node.Float("epsilon", 1e-5f)))));
        NewerOperators.Replace(node, b.Mul(narrow ? b.Cast(normalized, x.Element) : normalized, scale));
    }

    /// <summary>Products of all that a place takes in: n numbers become n² on the way, so that a number 0 among them stays exact.</summary>
    public static void CumProd(Node node, GraphBuilder b)
    {
        var x = node.Inputs[0]!;
        if (x.Shape?.Rank is not { } rank || node.Inputs[1]!.ConstantData is not { } given)
        {
            throw new IrException($"{node.Describe()}: the rank of '{x.Name}' and the axis have to be known for a form in operators of opset {OpsetLowering.Opset}.");
        }

        var axis = given.Type == ElementType.Int32 ? given.As<int>()[0] : given.As<long>()[0];
        axis += axis < 0 ? rank : 0;
        var places = b.Range(b.Constant(Tensor.Scalar(0L)), b.Squeeze(b.Shape(x, axis, axis + 1), 0), b.Constant(Tensor.Scalar(1L))); // [n]
        var (own, other) = (b.Unsqueeze(places, 1), b.Unsqueeze(places, 0)); // [n, 1], [1, n]
        var exclusive = node.Int("exclusive", 0) != 0;
        var takes = node.Int("reverse", 0) != 0
            ? exclusive ? b.Greater(other, own) : b.GreaterOrEqual(other, own)
            : exclusive ? b.Less(other, own) : b.LessOrEqual(other, own); // [n, n]
        if (axis < rank - 1)
        {
            takes = b.Unsqueeze(takes, [.. Enumerable.Range(2, rank - 1 - (int)axis).Select(i => (long)i)]); // [n, n, 1, …]
        }

        var taken = b.Where(takes, b.Unsqueeze(x, axis), b.ConstantLike(x, 1)); // […, n, n, …]
        NewerOperators.Replace(node, b.Op("ReduceProd", [taken, b.Constant(axis + 1)], [("keepdims", 0)]));
    }

    private static Value Swish(GraphBuilder b, Value x, float alpha) => b.Mul(x, b.Sigmoid(alpha == 1 ? x : b.Mul(x, b.ConstantLike(x, alpha))));
}
