namespace OnnxPipeline.Ir;

/// <summary>Statistics that a training graph takes in as graph inputs and gives anew: those of com.microsoft::BatchNormInternal.</summary>
public static class RunningStatistics
{
    /// <summary>Graph input → what it is after the step; in the order of the inputs. A layer that is used twice changes its statistics twice: the last value counts.</summary>
    public static IReadOnlyList<(Value Before, Value After)> Of(Graph graph)
    {
        var origins = new Dictionary<Value, Value>();
        var updates = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes.Where(n => n is { OpType: "BatchNormInternal", Domain: "com.microsoft" } && n.Outputs.Count > 2))
        {
            for (var i = 3; i <= 4; i++)
            {
                var (before, after) = (node.Inputs[i]!, node.Outputs[i - 2]);
                var origin = origins.GetValueOrDefault(before, before);
                origins[after] = origin;
                updates[origin] = after;
            }
        }

        return [.. graph.Inputs.Where(updates.ContainsKey).Select(input => (input, updates[input]))];
    }
}
