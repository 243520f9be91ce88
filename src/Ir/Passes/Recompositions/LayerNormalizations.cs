using OnnxPipeline.Files;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir.Passes.Recompositions;

/// <summary>y = (x − mean x)/√(mean (x − mean x)² + ε)·scale + bias, the means over the last axes, scale and bias of their shape.</summary>
internal static class LayerNormalizations
{
    /// <summary>The operator before the sum that ends the formula; null where another formula ends there.</summary>
    public static Value? Find(Graph graph, Node sum, int opset)
    {
        foreach (var (product, bias) in Spelled.Orders(sum))
        {
            foreach (var (quotient, scale) in Spelled.Inner(graph, product, "Mul") is { } mul ? Spelled.Orders(mul) : [])
            {
                if (Scaled(graph, quotient, scale) is { } found && IsOf(found.Of, found.Axes, bias))
                {
                    var build = new GraphBuilder(graph, opset, before: sum, scope: (sum.Name.Length > 0 ? sum.Name : sum.Outputs[0].Name) + "/");
                    return build.LayerNormalization(found.Of, scale, bias, -found.Axes, found.Epsilon);
                }
            }
        }

        return null;
    }

    /// <summary>What is normalized, over how many axes and with which ε, where a product of the two is the formula without its bias.</summary>
    public static (Value Of, int Axes, float Epsilon)? Scaled(Graph graph, Value? quotient, Value? scale) =>
        quotient is not null && scale is not null && Normalized(graph, quotient) is { } found && IsOf(found.Of, found.Axes, scale) ? found : null;

    /// <summary>What (x − mean x)/√(mean (x − mean x)² + ε) is of.</summary>
    private static (Value Of, int Axes, float Epsilon)? Normalized(Graph graph, Value quotient)
    {
        var (centered, deviation) = Spelled.Inner(graph, quotient, "Div") is { } div ? (div.Input(0), div.Input(1))
            : Spelled.Inner(graph, quotient, "Mul") is { } mul && Spelled.Inner(graph, mul.Input(1), "Reciprocal") is { } inverse ? (mul.Input(0), inverse.Input(0))
            : default;
        if (Spelled.Inner(graph, Spelled.Inner(graph, deviation, "Sqrt")?.Input(0), "Add") is not { } sum)
        {
            return null;
        }

        var (variance, epsilon) = Spelled.Number(sum.Input(1)) is { } second ? (sum.Input(0), second) : (sum.Input(1), Spelled.Number(sum.Input(0)) ?? -1);
        var ofSquares = Spelled.Inner(graph, variance, "ReduceMean");
        var square = ofSquares?.Input(0) is { Uses.Count: 1, Producer: { Domain: "", OpType: "Pow" or "Mul" } node } && !graph.Outputs.Contains(ofSquares.Input(0)!) ? node : null;
        if (epsilon < 0 || centered is null || square is null || square.Input(0) != centered || !(square.OpType == "Mul" ? square.Input(1) == centered : Spelled.IsNumber(square.Input(1), 2)))
        {
            return null;
        }

        return Spelled.Inner(graph, centered, "Sub", square.OpType == "Mul" ? 3 : 2) is { } sub && sub.Input(0) is { Element: ElementType.Float, Shape: { } shape } x
            && Spelled.Inner(graph, sub.Input(1), "ReduceMean") is { } ofX && ofX.Input(0) == x
            && LastAxes(ofX, shape.Rank) is { } axes && LastAxes(ofSquares!, shape.Rank) == axes
            ? (x, axes, (float)epsilon)
            : null;
    }

    /// <summary>Over how many axes at the end a ReduceMean goes that keeps them; null where it goes over others.</summary>
    private static int? LastAxes(Node mean, int rank)
    {
        if (mean.Int("keepdims", 1) == 0 || mean.Input(1)?.ConstantData is not { } data || Numbers.Integers(data) is not { Length: > 0 } given)
        {
            return null;
        }

        var axes = given.Select(axis => axis < 0 ? axis + rank : axis).Order();
        return axes.SequenceEqual(Enumerable.Range(rank - given.Length, given.Length).Select(axis => (long)axis)) ? given.Length : null;
    }

    private static bool IsOf(Value x, int axes, Value vector) =>
        vector.Element == x.Element && vector.Shape is { IsStatic: true } shape && shape.Rank == axes && shape.IsSameAs(Shape.Of([.. x.Shape!.Skip(x.Shape!.Rank - axes)]));
}
