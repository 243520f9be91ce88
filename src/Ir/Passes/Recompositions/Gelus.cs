using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Passes.Recompositions;

/// <summary>x/2·(1 + erf(x/√2)) and x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), in the orders in which exporters multiply.</summary>
internal static class Gelus
{
    private const int Onnx = 20;

    /// <summary>The operator and the node whose result it is, at the Erf of the formula; nulls where another formula has that Erf.</summary>
    public static (Value?, Node) OfErf(Graph graph, Node erf, int opset) =>
        erf.Input(0) is { Producer: { Domain: "" } scaling } inner && Spelled.Inner(graph, inner, scaling.OpType) is not null && Spelled.Scaled(scaling, Math.Sqrt(0.5)) is { } x
            ? Make(graph, x, Result(graph, erf, x), opset, "none", "Gelu")
            : default;

    /// <inheritdoc cref="OfErf"/>
    public static (Value?, Node) OfTanh(Graph graph, Node tanh, int opset)
    {
        var sum = Spelled.Inner(graph, Spelled.Scaled(Spelled.Inner(graph, tanh.Input(0), "Mul"), Math.Sqrt(2 / Math.PI)), "Add");
        foreach (var (x, cubic) in sum is null ? [] : Spelled.Orders(sum))
        {
            if (Spelled.Scaled(Spelled.Inner(graph, cubic, "Mul"), 0.044715) is { } cube && IsCube(graph, cube, x))
            {
                return Make(graph, x, Result(graph, tanh, x), opset, "tanh", "FastGelu");
            }
        }

        return default;
    }

    private static bool IsCube(Graph graph, Value cube, Value x) =>
        Spelled.Inner(graph, cube, "Pow") is { } pow ? pow.Input(0) == x && Spelled.IsNumber(pow.Input(1), 3)
        : Spelled.Inner(graph, cube, "Mul") is { } mul && mul.Inputs.Contains(x) && Spelled.Inner(graph, Spelled.Other(mul, x), "Mul") is { } square && square.Input(0) == x && square.Input(1) == x;

    /// <summary>The node that gives x/2·(1 + <paramref name="bell"/>).</summary>
    private static Node? Result(Graph graph, Node bell, Value x)
    {
        var (one, above) = (Spelled.Reader(graph, bell.Outputs[0], "Add"), bell.Outputs[0]);
        if (one is null || !Spelled.IsNumber(Spelled.Other(one, above), 1) || Spelled.Reader(graph, one.Outputs[0], "Mul") is not { } product)
        {
            return null;
        }

        var other = Spelled.Other(product, one.Outputs[0]);
        if (other != x)
        {
            return Spelled.Inner(graph, other, other?.Producer?.OpType ?? "") is { } half && Spelled.Scaled(half, 0.5) == x ? product
                : Spelled.IsNumber(other, 0.5) && Spelled.Reader(graph, product.Outputs[0], "Mul") is { } later && Spelled.Other(later, product.Outputs[0]) == x ? later
                : null;
        }

        return Spelled.Reader(graph, product.Outputs[0], "Mul", "Div") is { } last && Spelled.Scaled(last, 0.5) == product.Outputs[0] ? last : null;
    }

    private static (Value?, Node) Make(Graph graph, Value x, Node? last, int opset, string approximate, string microsoft)
    {
        if (last is null || x.Element != ElementType.Float || x.Shape is null || !x.Shape.IsSameAs(last.Outputs[0].Shape))
        {
            return default;
        }

        var build = new GraphBuilder(graph, opset, before: last, scope: (last.Name.Length > 0 ? last.Name : last.Outputs[0].Name) + "/");
        return (opset >= Onnx ? build.Op("Gelu", [x], [("approximate", approximate)]) : build.Op(microsoft, [x], domain: "com.microsoft"), last);
    }
}
