using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>Where BatchNormalization takes mean and variance from: the model, or the batch.</summary>
internal static class BatchStatistics
{
    private const string Microsoft = "com.microsoft";

    /// <summary>Put behind the name of a running statistic, the name of what it is after a step.</summary>
    public const string Running = "_running";

    /// <summary>Nodes that an exporter left in training mode take their stored statistics, which stay what they are.</summary>
    public static void UseStored(Graph graph, int opset)
    {
        foreach (var node in Nodes(graph.AllNodes()))
        {
            var owner = node.Owner!; // the graph, or one inside it
            if (node.Outputs.Skip(3).FirstOrDefault(v => v.Uses.Count > 0 || owner.Outputs.Contains(v)) is { } batch)
            {
                throw new ArtifactsException($"{node.Describe()}: something takes its output '{batch.Name}', a statistic of the batch, which is computed in training only. Export the model in evaluation mode.");
            }

            node.Attributes.Remove("training_mode");
            for (var i = 1; i < Math.Min(node.Outputs.Count, 3); i++) // below opset 14 two statistics of the batch follow
            {
                var (after, before) = (node.Outputs[i], node.Inputs[i + 2]!);
                owner.ReplaceAllUses(after, owner.Outputs.Contains(after) ? new GraphBuilder(owner, opset, before: node).Identity(before) : before);
            }

            node.TrimOutputs(1);
        }
    }

    /// <summary>
    /// Gives every BatchNormalization statistics of its own: exporters write equal numbers once (fresh means are all 0, fresh variances are all 1, as
    /// fresh scales are). Nodes of the same scale and bias are one layer that is used several times, and share them.
    /// </summary>
    public static void Separate(Graph graph)
    {
        var layers = Nodes(graph.Nodes).GroupBy(n => (Source(n.Inputs[1]!), Source(n.Inputs[2]!), Source(n.Inputs[3]!), Source(n.Inputs[4]!))).ToList();
        var taken = new HashSet<Value>();
        foreach (var layer in layers)
        {
            for (var i = 3; i <= 4; i++)
            {
                var given = layer.First().Inputs[i]!;
                if (Source(given) is not { ConstantData: { } data } source || source.Uses.All(u => IsStatistic(u, i)) && taken.Add(source))
                {
                    continue;
                }

                var name = given != source ? given.Name : $"{Label(layer.First())}.{(i == 3 ? "running_mean" : "running_var")}";
                var own = new Value(name, source.Type) { Initializer = data };
                foreach (var node in layer)
                {
                    node.SetInput(i, own);
                }

                graph.Initializers.Add(own);
            }
        }

        DeadCode.Remove(graph);
    }

    /// <summary>The values that hold statistics.</summary>
    /// <exception cref="ArtifactsException">A mean or variance is computed.</exception>
    public static IReadOnlySet<Value> Of(Graph graph) => Nodes(graph.Nodes).SelectMany(node => node.Inputs.Skip(3).Select(value => value!.ConstantData is not null
        ? value
        : throw new ArtifactsException($"{node.Describe()}: its statistics '{value.Name}' are computed by the model, so there is nothing to keep them in. Leave out --batch-norm train."))).ToHashSet();

    /// <summary>
    /// Every node normalizes by its batch, and gives the statistics <c>&lt;name&gt;_running</c>: com.microsoft::BatchNormInternal, whose kernel in Microsoft's
    /// runtime writes them over the old ones.
    /// </summary>
    public static void UseBatch(Graph graph)
    {
        var current = new Dictionary<Value, Value>();
        foreach (var node in Nodes(graph.Nodes))
        {
            var label = Label(node);
            (node.Domain, node.OpType) = (Microsoft, "BatchNormInternal");
            for (var i = 3; i <= 4; i++)
            {
                var stored = node.Inputs[i]!;
                var before = current.GetValueOrDefault(stored, stored);
                before.Name = before == stored ? stored.Name : $"{label}_{before.Name}"; // a layer that is used twice: the name belongs to the last
                node.SetInput(i, before);
                current[stored] = node.AddOutput(new Value(stored.Name + Running, stored.Type));
            }

            node.AddOutput(new Value($"{label}_saved_mean", node.Inputs[3]!.Type));
            node.AddOutput(new Value($"{label}_saved_inv_std", node.Inputs[4]!.Type));
        }
    }

    private static List<Node> Nodes(IEnumerable<Node> nodes) => [.. nodes.Where(n => n is { OpType: "BatchNormalization", Domain.Length: 0, Inputs.Count: 5 } && n.Inputs.All(v => v is not null))];

    private static bool IsStatistic(Value.Use use, int index) => use.Node is { OpType: "BatchNormalization", Domain.Length: 0 } && use.Index == index;

    private static Value Source(Value value)
    {
        while (value.Producer is { OpType: "Identity", Domain.Length: 0 } copy)
        {
            value = copy.Inputs[0]!;
        }

        return value;
    }

    private static string Label(Node node) => node.Name.Length > 0 ? node.Name : node.Outputs[0].Name;
}
