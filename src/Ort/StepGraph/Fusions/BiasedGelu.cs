using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>Gelu(x + bias), as exported graphs have it after a MatMul; the sum is computed again for the gradient rather than kept.</summary>
internal static class BiasedGelu
{
    private const int StringKind = 3;

    public static Fusion Fusion { get; } = new("BiasGelu", "", "Gelu", Rewrite);

    public static FusedOperator Operator { get; } = new("ai.onnxpipeline", "BiasGelu")
    {
        Doc = "Gelu(X + B), B of X's last axis",
        Inputs = ["X", "B"],
        Outputs = ["Y"],
        Attributes = new Dictionary<string, AttributeValue?> { ["approximate"] = "none" },
        Body = (b, inputs) => [b.Op("Gelu", [b.Add(inputs[0], inputs[1])], [("approximate", new ReferenceAttribute("approximate", StringKind))])],
    };

    /// <summary>At a Gelu of x + bias [last axis] that only it and its gradients read.</summary>
    private static string? Rewrite(GraphBuilder b, Node gelu)
    {
        if (gelu.Inputs[0] is not { Producer: { OpType: "Add", Domain: "" } add } sum || b.Graph.Outputs.Contains(sum))
        {
            return "its input is no sum, or an output of the graph";
        }

        if (sum.Element != ElementType.Float || sum.Shape is not { Rank: > 1 } shape)
        {
            return $"its input is {sum}; float32 of a known rank above 1 was wanted";
        }

        var place = add.Inputs[1]!.Shape is { Rank: 1 } ? 1 : 0;
        var (x, bias) = (add.Inputs[1 - place]!, add.Inputs[place]!);
        if (!shape.IsSameAs(x.Shape) || bias.Shape is not { Rank: 1 } vector || !vector[0].IsSameAs(shape.At(-1)))
        {
            return $"{add.Describe()} adds no vector of the last axis";
        }

        var approximate = gelu.Text("approximate", "none");
        var gradient = approximate == "tanh" ? "FastGeluGrad" : "GeluGrad";
        var readers = sum.Uses.Select(use => use.Node).Where(node => node != gelu).ToList();
        if (readers.Find(node => node is not { Domain: "com.microsoft" } || node.OpType != gradient || node.Inputs[1] != sum || node.Inputs[0] == sum) is { } other)
        {
            return $"{other.Describe()} reads the sum too";
        }

        Replace(b, gelu, b.Op(Operator.Name, [x, bias], [("approximate", approximate)], Operator.Domain));
        foreach (var node in readers)
        {
            var before = new GraphBuilder(b.Graph, b.Opset, before: node, scope: node.Name + "/");
            Replace(b, node, before.Op(approximate == "tanh" ? "BiasFastGeluGrad_dX" : "BiasGeluGrad_dX", [node.Inputs[0], x, bias], domain: "com.microsoft"));
        }

        return null;
    }

    private static void Replace(GraphBuilder b, Node old, Value fused)
    {
        fused.Type = old.Outputs[0].Type;
        b.Graph.ReplaceAllUses(old.Outputs[0], fused);
        b.Graph.Nodes.Remove(old);
    }
}
