using OnnxPipeline.Files;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir;

/// <summary>
/// Takes sequences apart of which the length is known, as exporters write chunk, unbind and stack: SplitToSequence becomes Split (with a Squeeze
/// where keepdims is 0), SequenceAt the element itself, ConcatFromSequence a Concat. A sequence of unknown length stays.
/// </summary>
public static class KnownSequences
{
    /// <summary>
    /// Changes <paramref name="model"/> in place, and infers types and shapes as it goes. Nodes that became useless are left for <see cref="DeadCode"/>. A model without
    /// sequences stays as it is.
    /// </summary>
    /// <param name="model">At opset 18 or above, without calls of local functions.</param>
    /// <returns>The number of nodes in whose place tensors came.</returns>
    /// <exception cref="IrException">Shapes of the model contradict each other, or a place lies outside of its sequence.</exception>
    public static int Remove(Model model) => model.Graph.Nodes.Any(n => n is { Domain.Length: 0, OpType: "SplitToSequence" or "SequenceConstruct" or "SequenceEmpty" })
        ? new Walk(model.Opset).Remove(model.Graph)
        : 0;

    private sealed class Walk(int opset)
    {
        private readonly Dictionary<Value, IReadOnlyList<Value>> _known = [];

        /// <summary>The nodes whose outputs have names that somebody may know.</summary>
        private readonly HashSet<Node> _before = [];

        private readonly HashSet<Value> _named = [];

        public int Remove(Graph graph)
        {
            var replaced = 0;
            _before.UnionWith(graph.Nodes);
            foreach (var node in graph.Nodes.ToList())
            {
                ShapeInference.Infer(node, opset);
                if (node.Domain.Length > 0)
                {
                    continue;
                }

                var b = new GraphBuilder(graph, opset, node, (node.Name.Length > 0 ? node.Name : node.Outputs[0].Name) + "/");
                if (Elements(node, b) is { } elements)
                {
                    _known.Add(node.Outputs[0], elements);
                }
                else if (Tensor(node, b) is { } tensor)
                {
                    var isNew = tensor.Producer is { } producer && !_before.Contains(producer) && _named.Add(tensor);
                    Rewiring.Give(node, node.Outputs[0], tensor, inner: isNew);
                    replaced++;
                }
            }

            return replaced;
        }

        /// <summary>The elements of the sequence that a node makes; null: it makes none, or they are unknown.</summary>
        private IReadOnlyList<Value>? Elements(Node node, GraphBuilder b)
        {
            switch (node.OpType)
            {
                case "SequenceEmpty":
                    return [];
                case "SequenceConstruct":
                    return [.. node.Inputs.Select(v => v!)];
                case "SplitToSequence":
                    return Split(node, b);
                case "Identity" when Of(node) is { } same:
                    return same;
                case "SequenceInsert" when Of(node) is { } before && Place(node, 2, before.Count, before.Count + 1) is { } at:
                    return [.. before.Take(at), node.Inputs[1]!, .. before.Skip(at)];
                case "SequenceErase" when Of(node) is { Count: > 0 } before && Place(node, 1, before.Count - 1, before.Count) is { } at:
                    return [.. before.Take(at), .. before.Skip(at + 1)];
                default:
                    return null;
            }
        }

        /// <summary>What takes the place of a node that makes a tensor of a known sequence; null: it is none, or its place is unknown.</summary>
        private Value? Tensor(Node node, GraphBuilder b)
        {
            if (node.Inputs.Count == 0 || Of(node) is not { } elements)
            {
                return null;
            }

            switch (node.OpType)
            {
                case "SequenceLength":
                    return b.Constant(Files.Tensor.Scalar((long)elements.Count));
                case "SequenceAt":
                    return Place(node, 1, null, elements.Count) is { } at ? elements[at] : null;
                case "ConcatFromSequence" when elements.Count > 0:
                    var axis = node.Int("axis", 0);
                    return b.Concat(axis, node.Int("new_axis", 0) == 0 ? [.. elements] : [.. elements.Select(e => b.Unsqueeze(e, axis))]);
                default:
                    return null;
            }
        }

        private static IReadOnlyList<Value>? Split(Node node, GraphBuilder b)
        {
            var (x, split) = (node.Inputs[0]!, node.Input(1));
            if (x.Shape is not { } shape)
            {
                return null;
            }

            var axis = node.Int("axis", 0);
            if (axis < -shape.Rank || axis >= shape.Rank)
            {
                throw new IrException($"{node.Describe()}: its axis {axis} does not exist; {x} has rank {shape.Rank}. Correct the node.");
            }

            var size = shape[(int)(axis < 0 ? axis + shape.Rank : axis)];
            var given = split is null ? [Dim.Of(1)] : Numbers.Of(split);
            if (given is null || !Array.TrueForAll(given, d => d.IsKnown))
            {
                return null;
            }

            long[] sizes;
            if (split is not null && split.Shape is { Rank: 1 })
            {
                sizes = Array.ConvertAll(given, d => d.Value);
            }
            else if (size.IsKnown && given[0].Value > 0 && size.Value / given[0].Value <= Numbers.Most)
            {
                var each = given[0].Value; // the last one may be smaller
                sizes = [.. Enumerable.Range(0, (int)((size.Value + each - 1) / each)).Select(i => Math.Min(each, size.Value - (i * each)))];
            }
            else
            {
                return null;
            }

            var parts = sizes.Length == 0 ? [] : b.Split(x, b.Constant(sizes), sizes.Length, axis);
            return split is null && node.Int("keepdims", 1) == 0 ? [.. parts.Select(p => b.Squeeze(p, axis))] : parts;
        }

        private IReadOnlyList<Value>? Of(Node node) => node.Inputs[0] is { } sequence ? _known.GetValueOrDefault(sequence) : null;

        /// <summary>The place that an input says, from 0 on.</summary>
        /// <param name="fallback">Where the input is left out.</param>
        /// <param name="count">How many places there are.</param>
        private static int? Place(Node node, int input, int? fallback, int count)
        {
            if (node.Input(input) is not { } value)
            {
                return fallback;
            }

            if (Numbers.Of(value) is not [{ IsKnown: true } known])
            {
                return null;
            }

            var place = known.Value < 0 ? known.Value + count : known.Value;
            return place >= 0 && place < count ? (int)place
                : throw new IrException($"{node.Describe()}: place {known.Value} of a sequence that has {count} of them. Correct '{value.Name}'.");
        }
    }
}
