using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff;

/// <summary>
/// Reverse-mode differentiation as a graph transform: appends to a graph the nodes that compute the gradients of a scalar with respect to
/// chosen values. Words: a value is <em>wanted</em> if a parameter reaches it through differentiable nodes; a node is <em>on the path</em> if
/// it has a wanted input and reaches the loss. Only nodes on the path get gradient nodes, so a frozen part costs nothing.
/// Ties in Max and Min share the gradient evenly; gradients are dense and have the type of what they are the gradient of.
/// </summary>
public static class Backward
{
    /// <summary>Appends the gradient nodes.</summary>
    /// <param name="graph">At opset 18 or above, without calls of model-local functions (they are inlined before), types and shapes inferred.</param>
    /// <param name="opsets">The model's imports, domain → version.</param>
    /// <param name="loss">A floating-point scalar of the graph.</param>
    /// <param name="parameters">Floating-point values of the graph: what to differentiate with respect to.</param>
    /// <param name="table">Null: <see cref="GradientTable.Default"/>.</param>
    /// <returns>Parameter → gradient, a value of its own each, named <c>&lt;parameter&gt;_grad</c>; a parameter on which the loss does not depend has no entry.</returns>
    /// <exception cref="AutodiffException">The loss is not a floating-point scalar; an operator on the path has no rule (all of them are listed); a rule gave a wrong result.</exception>
    public static IReadOnlyDictionary<Value, Value> Append(Graph graph, IReadOnlyDictionary<string, int> opsets, Value loss, IEnumerable<Value> parameters, GradientTable? table = null)
    {
        if (!loss.Element.IsFloat() || loss.Shape is { } shape && !shape.All(d => d.Is(1)))
        {
            throw new AutodiffException($"The loss {loss} is not a floating-point scalar; reduce it with ReduceMean or ReduceSum first.");
        }

        var walk = new Walk(graph, opsets, table ?? GradientTable.Default);
        return walk.Run(loss, [.. parameters]);
    }

    private sealed class Walk(Graph graph, IReadOnlyDictionary<string, int> opsets, GradientTable table)
    {
        private readonly HashSet<Value> _wanted = [];
        private readonly Dictionary<Value, List<Value>> _contributions = [];
        private readonly Dictionary<Value, Value> _shapes = [];

        public Dictionary<Value, Value> Run(Value loss, IReadOnlyList<Value> parameters)
        {
            var path = FindPath(loss, parameters);
            var opset = opsets.GetValueOrDefault("");
            OptionalOutputs.Complete(path, opset);
            var builder = new GraphBuilder(graph, opset);
            if (_wanted.Contains(loss))
            {
                Contribute(loss, builder.Initializer($"{loss.Name}_grad", One(loss)));
            }

            for (var i = path.Count - 1; i >= 0; i--)
            {
                Differentiate(path[i], new GraphBuilder(graph, opset, scope: $"{Label(path[i])}_Grad/"));
            }

            return Finish(builder, parameters);
        }

        /// <summary>Nodes that a parameter reaches and that reach the loss, in graph order; fills <see cref="_wanted"/>.</summary>
        private List<Node> FindPath(Value loss, IReadOnlyList<Value> parameters)
        {
            _wanted.UnionWith(parameters);
            List<Node> reached = [];
            foreach (var node in graph.Nodes)
            {
                if (!node.Inputs.Any(x => x is not null && _wanted.Contains(x)) && !CapturesWanted(node) || IsStop(node))
                {
                    continue;
                }

                reached.Add(node);
                _wanted.UnionWith(node.Outputs.Where(y => y.Element.IsFloat() || y.Element == ElementType.Undefined));
            }

            HashSet<Value> needed = [loss];
            List<Node> path = [];
            for (var i = reached.Count - 1; i >= 0; i--)
            {
                if (reached[i].Outputs.Any(needed.Contains))
                {
                    path.Add(reached[i]);
                    needed.UnionWith(reached[i].Inputs.OfType<Value>().Where(_wanted.Contains));
                }
            }

            path.Reverse();
            Refuse(path.Where(n => Find(n) is null).ToList());
            return path;
        }

        private bool CapturesWanted(Node node) =>
            node.Subgraphs.SelectMany(g => g.AllNodes()).SelectMany(n => n.Inputs).Any(x => x is not null && _wanted.Contains(x));

        private bool IsStop(Node node) => Find(node) is { Rule: null };

        private GradientTable.Entry? Find(Node node) => table.Find(node.Domain, node.OpType, opsets.GetValueOrDefault(node.Domain, 1));

        private static void Refuse(List<Node> missing)
        {
            if (missing.Count == 0)
            {
                return;
            }

            var lines = missing.GroupBy(n => n.Domain.Length > 0 ? $"{n.Domain}::{n.OpType}" : n.OpType).Select(g =>
                $"  {g.Key} ({g.Count()}): {string.Join(", ", g.Take(3).Select(Label))}{(g.Count() > 3 ? ", …" : "")}");
            throw new AutodiffException(
                $"No gradient rule for {missing.Select(n => (n.Domain, n.OpType)).Distinct().Count()} operator(s) between trainable parameters and the loss:\n{string.Join("\n", lines)}\n"
                + (missing.Any(n => n.Subgraphs.Any()) ? "Operators with graphs inside (If, Loop, Scan) are not differentiated; an If goes only where its condition is known before the graph runs: export with fixed sizes where it asks for one. " : "")
                + "Freeze the parameters before these nodes, replace the operators, or register a rule with GradientTable.With.");
        }

        private void Differentiate(Node node, GraphBuilder builder)
        {
            var dys = node.Outputs.Select(y => Total(y, builder)).ToArray();
            if (Array.TrueForAll(dys, dy => dy is null))
            {
                return; // the flow ended between here and the loss
            }

            var entry = Find(node)!;
            var needs = node.Inputs.Select(x => x is not null && _wanted.Contains(x)).ToArray();
            var context = new GradientContext(node, builder, dys, needs, _shapes);
            var results = entry.Rule!(context);
            if (results.Skip(node.Inputs.Count).Any(gradient => gradient is not null)) // null for an optional input that is left out is as good as nothing
            {
                throw Wrong(node, $"gives {results.Count} gradients for {node.Inputs.Count} inputs");
            }

            for (var i = 0; i < Math.Min(results.Count, needs.Length); i++)
            {
                if (needs[i] && results[i] is { } gradient)
                {
                    Contribute(node.Inputs[i]!, Checked(context, entry, i, gradient));
                }
            }
        }

        private static Value Checked(GradientContext context, GradientTable.Entry entry, int index, Value gradient)
        {
            var (node, x) = (context.Node, context.Node.Inputs[index]!);
            if (gradient.Element != ElementType.Undefined && x.Element != ElementType.Undefined && gradient.Element != x.Element)
            {
                throw Wrong(node, $"gives a gradient of type {gradient.Element} for input {index} ({x})");
            }

            if (entry.Broadcasts)
            {
                gradient = Unbroadcast.ToShapeOf(context, gradient, x);
            }

            if (gradient.Shape is { } found && x.Shape is { } wanted && (found.Rank != wanted.Rank || found.Zip(wanted).Any(p => p.First.IsKnown && p.Second.IsKnown && !p.First.IsSameAs(p.Second))))
            {
                throw Wrong(node, $"gives a gradient of shape {found} for input {index} ({x})");
            }

            gradient.Type ??= x.Type;
            return gradient;
        }

        private static AutodiffException Wrong(Node node, string what) =>
            new($"{node.Describe()}: its gradient rule {what}. This is a bug in the rule for {node.OpType}.");

        private void Contribute(Value to, Value gradient)
        {
            if (!_contributions.TryGetValue(to, out var all))
            {
                _contributions.Add(to, all = []);
            }

            all.Add(gradient);
        }

        /// <summary>The sum of all contributions, null if there is none.</summary>
        private Value? Total(Value value, GraphBuilder builder)
        {
            if (!_contributions.TryGetValue(value, out var all))
            {
                return null;
            }

            if (all.Count > 1)
            {
                var sum = builder.Op("Sum", all.ToArray(), name: $"AccumulateGrad_{value.Name}");
                sum.Type = value.Type ?? sum.Type;
                _contributions[value] = all = [sum];
            }

            return all[0];
        }

        private Dictionary<Value, Value> Finish(GraphBuilder builder, IReadOnlyList<Value> parameters)
        {
            Dictionary<Value, Value> gradients = [];
            HashSet<Value> taken = [];
            foreach (var parameter in parameters.Distinct())
            {
                if (Total(parameter, builder) is not { } gradient)
                {
                    continue;
                }

                if (gradient.Producer is null || !taken.Add(gradient) || graph.Outputs.Contains(gradient))
                {
                    gradient = builder.Identity(gradient); // a value of its own to bear the parameter's name
                    taken.Add(gradient);
                }

                gradient.Name = $"{parameter.Name}_grad";
                gradient.Type = parameter.Type ?? gradient.Type;
                gradients.Add(parameter, gradient);
            }

            return gradients;
        }

        private static string Label(Node node) => node.Name.Length > 0 ? node.Name : node.Outputs.Count > 0 ? node.Outputs[0].Name : node.OpType;

        private static Tensor One(Value loss)
        {
            var dims = (loss.Shape ?? Shape.Scalar).Select(_ => 1L).ToArray();
            return loss.Element switch
            {
                ElementType.Double => Tensor.From([1.0], dims),
                ElementType.Float16 => Tensor.From([(Half)1], dims),
                ElementType.BFloat16 => new(ElementType.BFloat16, dims, new byte[] { 0x80, 0x3F }),
                _ => Tensor.From([1f], dims),
            };
        }
    }
}
