namespace OnnxPipeline.Ir;

/// <summary>
/// Says of an AveragePool without pads of its own, over what a Pad made (as PyTorch's exporter writes an average that counts its padding), that padding counts. That
/// changes nothing by itself; but ONNX Runtime from 1.19 to 1.20, Microsoft's training runtime among them, moves the Pad into the pool and does not say it then.
/// </summary>
public static class PaddedAverages
{
    /// <summary>Changes <paramref name="graph"/> in place, subgraphs too.</summary>
    public static void Count(Graph graph)
    {
        foreach (var node in graph.AllNodes().Where(IsPlainAverage))
        {
            node.Attributes["count_include_pad"] = 1;
        }
    }

    private static bool IsPlainAverage(Node node) =>
        node is { Domain: "", OpType: "AveragePool" } && node.Inputs[0] is { Producer: { Domain: "", OpType: "Pad" } }
        && node.Int("ceil_mode", 0) == 0 && node.Text("auto_pad", "NOTSET") is "NOTSET" or "VALID" && (node.Ints("pads") ?? []).All(p => p == 0);
}
