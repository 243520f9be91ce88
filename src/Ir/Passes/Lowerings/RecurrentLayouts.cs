namespace OnnxPipeline.Ir.Passes.Lowerings;

internal static class RecurrentLayouts
{
    /// <summary>RNN, GRU or LSTM whose first axis is the batch (layout 1), as one of layout 0, which ONNX Runtime's kernels want; layout 0 stays.</summary>
    public static void TimeFirst(Node node, GraphBuilder b)
    {
        if (node.Int("layout", 0) == 0)
        {
            return;
        }

        var inputs = node.Inputs.ToArray();
        inputs[0] = b.Transpose(inputs[0]!, 1, 0, 2); // [batch, steps, input] → [steps, batch, input]
        foreach (var state in new[] { 5, 6 }.Where(i => node.Input(i) is not null))
        {
            inputs[state] = b.Transpose(inputs[state]!, 1, 0, 2); // [batch, directions, hidden] → [directions, batch, hidden]
        }

        var attributes = node.Attributes.Where(a => a.Key != "layout").Select(a => (a.Key, a.Value)).ToArray();
        var layer = b.Ops(node.OpType, inputs, node.Outputs.Count, attributes);
        for (var i = 0; i < node.Outputs.Count; i++)
        {
            if (node.Outputs[i].Name.Length == 0 && node.Outputs[i].Uses.Count == 0)
            {
                layer.Outputs[i].Name = "";
            }
            else
            {
                // [steps, directions, batch, hidden] → [batch, steps, directions, hidden]; last states as the first ones
                NewerOperators.Give(node, i, i == 0 ? b.Transpose(layer.Outputs[0], 2, 0, 1, 3) : b.Transpose(layer.Outputs[i], 1, 0, 2));
            }
        }

        node.Owner!.Nodes.Remove(node);
    }
}
