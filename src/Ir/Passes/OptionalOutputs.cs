namespace OnnxPipeline.Ir;

/// <summary>
/// Gives nodes the optional outputs that their gradients need: normalizations their means and inverse deviations, Dropout its mask,
/// MaxPool the places of its maxima, SoftmaxCrossEntropyLoss its log-probabilities, RNN, GRU and LSTM the states of all steps.
/// Exporters leave them out because inference has no use for them.
/// </summary>
public static class OptionalOutputs
{
    // What is put behind the name of the first output that has one, for every output.
    private static readonly Dictionary<(string Domain, string Op), string[]> Wanted = new()
    {
        [("", "LayerNormalization")] = ["", "_mean", "_inv_std_dev"],
        [("", "SimplifiedLayerNormalization")] = ["", "_inv_std_dev"],
        [("", "Dropout")] = ["", "_mask"],
        [("ai.onnxpipeline", "Dropout")] = ["", "_mask"],
        [("", "MaxPool")] = ["", "_mask"],
        [("", "SoftmaxCrossEntropyLoss")] = ["", "_log_prob"],
        [("", "RNN")] = ["_steps"],
        [("", "GRU")] = ["_steps"],
        [("", "LSTM")] = ["_steps"],
    };

    /// <summary>Changes the nodes in place; other operators than these stay as they are.</summary>
    /// <param name="opset">The version of ONNX's own operators in force.</param>
    /// <returns>The number of nodes completed.</returns>
    public static int Complete(IEnumerable<Node> nodes, int opset)
    {
        var completed = 0;
        foreach (var node in nodes)
        {
            if (!Wanted.TryGetValue((node.Domain, node.OpType), out var names))
            {
                continue;
            }

            var missing = node.Outputs.Count < names.Length || node.Outputs.Take(names.Length).Any(v => v.Name.Length == 0);
            var label = node.Outputs.FirstOrDefault(v => v.Name.Length > 0)?.Name;
            for (var i = node.Outputs.Count; i < names.Length; i++)
            {
                node.AddOutput(new Value(""));
            }

            for (var i = 0; i < names.Length; i++)
            {
                if (node.Outputs[i].Name.Length == 0)
                {
                    node.Outputs[i].Name = label + names[i];
                }
            }

            if (missing)
            {
                ShapeInference.Infer(node, opset);
                completed++;
            }
        }

        return completed;
    }
}
