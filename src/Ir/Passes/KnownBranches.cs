using OnnxPipeline.Files;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir;

/// <summary>
/// Takes every If apart whose condition is known before the graph runs, as exporters write them around a Squeeze (<c>If(size == 1)</c>): the nodes and
/// initializers of the chosen branch come in its place, what they take from around it stays. The other branch is not looked at: its shapes
/// may contradict those of the model. An If whose condition depends on the data stays.
/// </summary>
public static class KnownBranches
{
    /// <summary>
    /// Changes the model in place, subgraphs too; infers types and shapes and folds constants as it goes, in one walk over the graph. A model without an If stays as
    /// it is. Names that are taken get a number behind them; outputs of the If keep theirs.
    /// </summary>
    /// <param name="model">Without calls of local functions.</param>
    /// <param name="keep">Initializers and Constant outputs that count as unknown, as in <see cref="ConstantFolding"/>; null: none.</param>
    /// <returns>The number of Ifs taken apart.</returns>
    /// <exception cref="IrException">Shapes of the model contradict each other, or a chosen branch lacks an output that something takes.</exception>
    public static int Inline(Model model, Func<Value, bool>? keep = null) =>
        model.Graph.AllNodes().Any(IsIf) ? new Walk(model, keep ?? (_ => false)).Inline(model.Graph) : 0;

    private static bool IsIf(Node node) => node.OpType == "If" && node.Domain.Length == 0;

    private sealed class Walk(Model model, Func<Value, bool> keep)
    {
        private readonly TakenNames _names = new();

        public int Inline(Graph graph)
        {
            var taken = 0;
            _names.Add(graph);
            foreach (var initializer in graph.Initializers)
            {
                initializer.Type = new TensorType(initializer.Initializer!.Type, Shape.Of(initializer.Initializer.Dims));
            }

            for (var node = graph.Nodes.First; node is not null;)
            {
                if (Chosen(node) is { } branch)
                {
                    node = Expand(node, branch); // whose nodes are looked at next, an If among them too
                    taken++;
                    continue;
                }

                var next = node.Next;
                foreach (var inner in node.Subgraphs.ToList())
                {
                    ShapeInference.Inside(node, () => taken += Inline(inner));
                }

                ShapeInference.Infer(node, model.Opset);
                ConstantFolding.Fold(node, model.Opset, keep);
                node = next;
            }

            return taken;
        }

        private static Graph? Chosen(Node node) =>
            IsIf(node) && node.Inputs[0] is { } condition && Known(condition) is { } known
            && node.Attributes.GetValueOrDefault(known ? "then_branch" : "else_branch") is GraphAttribute { Value: { SparseInitializers.Count: 0 } branch } ? branch : null;

        private static bool? Known(Value condition) =>
            condition.ConstantData is { Type: ElementType.Bool, Count: 1 } data ? data.Bytes.Span[0] != 0
            : Numbers.Of(condition) is [{ IsKnown: true } element] ? !element.Is(0) : null;

        /// <summary>Moves the branch before the If and takes the If away.</summary>
        /// <returns>The node to go on with; null at the end of the graph.</returns>
        private Node? Expand(Node node, Graph branch)
        {
            var graph = node.Owner!;
            if (branch.Outputs.Count < node.Outputs.Count)
            {
                throw new IrException($"{node.Describe()} has {node.Outputs.Count} outputs; its branch '{branch.Name}' gives {branch.Outputs.Count}. Correct the branch.");
            }

            foreach (var inner in node.Subgraphs.Where(g => g != branch).SelectMany(g => g.AllNodes()).ToList())
            {
                inner.DetachInputs(); // what the other branch took from around is no longer used there
            }

            foreach (var initializer in branch.Initializers)
            {
                initializer.Name = _names.Unique(initializer.Name);
                graph.Initializers.Add(initializer);
            }

            var (before, nodes) = (node.Previous, branch.Nodes.ToList());
            foreach (var inner in nodes)
            {
                branch.Nodes.Unlink(inner);
                graph.Nodes.InsertBefore(node, inner);
                foreach (var output in inner.Outputs.Where(v => v.Name.Length > 0))
                {
                    output.Name = _names.Unique(output.Name);
                }
            }

            var unnamed = nodes.SelectMany(n => n.Outputs).ToHashSet(); // by the graph around
            foreach (var (old, result) in node.Outputs.Zip(branch.Outputs).Where(o => o.First.Name.Length > 0))
            {
                Rewiring.Give(node, old, result, inner: unnamed.Remove(result));
            }

            graph.Nodes.Remove(node);
            return before is null ? graph.Nodes.First : before.Next;
        }
    }
}
