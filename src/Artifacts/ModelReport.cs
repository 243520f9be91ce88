using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>What <c>inspect</c> says of a model: what would be trained and why, and which operators can be differentiated.</summary>
/// <param name="Opsets">Domain (<c>ai.onnx</c> for ONNX's own) → version, as in the file.</param>
/// <param name="IrVersion">As in the file.</param>
/// <param name="Inputs">Without initializers that are listed as inputs too.</param>
/// <param name="Outputs">In order.</param>
/// <param name="Parameters">Weights and buffers, in order.</param>
/// <param name="Constants">Every other initializer, in order.</param>
/// <param name="Ops">Operators of the model with its functions inlined, by domain and name.</param>
public sealed record ModelReport(
    IReadOnlyDictionary<string, int> Opsets, long IrVersion, IReadOnlyList<ManifestValue> Inputs, IReadOnlyList<ManifestValue> Outputs,
    IReadOnlyList<ModelReport.Parameter> Parameters, IReadOnlyList<ModelReport.Constant> Constants, IReadOnlyList<ModelReport.Operator> Ops)
{
    /// <param name="Type">As in safetensors: <c>F32</c>.</param>
    /// <param name="Verdict"><c>trainable</c>, <c>frozen</c> or <c>buffer</c> (running statistics).</param>
    /// <param name="Reason">The use that decides, and what else there is to know.</param>
    /// <param name="Ties">Initializers with the same numbers that it stands for.</param>
    public sealed record Parameter(string Name, IReadOnlyList<long> Shape, string Type, long Bytes, string Verdict, string Reason, IReadOnlyList<string> Ties);

    /// <param name="Reason">Why it is not a weight.</param>
    public sealed record Constant(string Name, IReadOnlyList<long> Shape, string Type, long Bytes, string Reason);

    /// <param name="Domain">Empty for ONNX's own operators.</param>
    /// <param name="Gradient"><c>rule</c>, <c>stops</c> (no gradient, on purpose) or <c>missing</c>.</param>
    public sealed record Operator(string Op, string Domain, int Count, string Gradient);

    /// <summary>Looks at a model; it is not changed.</summary>
    /// <param name="trainable">Patterns as in <see cref="ParameterChoice"/>.</param>
    /// <param name="frozen">As <paramref name="trainable"/>.</param>
    /// <param name="known">The manifest of the model's folder, if there is one.</param>
    /// <param name="retie">As in <see cref="ArtifactOptions.Retie"/>.</param>
    /// <exception cref="NamePatternException">A pattern matches nothing, or a name is matched by both.</exception>
    public static ModelReport Of(Model source, IReadOnlyList<string> trainable, IReadOnlyList<string> frozen, Manifest? known, bool retie = true)
    {
        var model = ModelCopy.Of(source);
        ForwardPasses.Unfold(model);
        var graph = model.Graph;
        var ops = graph.AllNodes().Select(node => (Node: node, node.Domain, node.OpType)).ToList();
        var opsets = model.OpsetImports.ToDictionary();
        HashSet<Node> refused = [];
        ForwardPasses.Rewrite(model, node => refused.Add(node));
        var candidates = Weights.Resolve(graph, model.OpsetImports, graph.Outputs, table: null, retie);
        var trained = ParameterChoice.Choose(candidates, trainable, frozen, known).ToDictionary(c => c.Candidate, c => c.Trainable);
        var parameters = candidates.Where(c => trained.ContainsKey(c) || c.Verdict == WeightVerdict.Buffer).ToList();
        var taken = parameters.Select(c => c.Value).ToHashSet();
        var reasons = candidates.ToDictionary(c => c.Value, c => c.Reason);
        var inside = graph.AllNodes().SelectMany(n => n.Subgraphs).SelectMany(g => g.Initializers).ToHashSet();
        var constants = graph.Initializers.Where(v => !taken.Contains(v)).Concat(inside).Select(v => new Constant(
            v.Name, v.Initializer!.Dims, ValueDescription.TypeName(v.Initializer.Type), Size(v.Initializer), inside.Contains(v) ? "inside a subgraph, of which nothing is trained" : reasons.GetValueOrDefault(v, "no float numbers")));
        return new ModelReport(
            source.OpsetImports.ToDictionary(o => o.Key.Length == 0 ? "ai.onnx" : o.Key, o => o.Value), source.IrVersion,
            [.. source.Graph.Inputs.Where(v => v.Initializer is null).Select(ValueDescription.Of)], [.. source.Graph.Outputs.Select(ValueDescription.Of)],
            [.. parameters.Select(c => new Parameter(c.Name, c.Data.Dims, ValueDescription.TypeName(c.Data.Type), Size(c.Data), Verdict(c), c.Note is { } note ? $"{c.Reason}; {note}" : c.Reason, c.Ties))],
            [.. constants], [.. Operators()]);

        IEnumerable<Operator> Operators() =>
            from op in ops
            group op.Node by (op.Domain, op.OpType) into nodes
            orderby nodes.Key.Domain, nodes.Key.OpType
            let entry = GradientTable.Default.Find(nodes.Key.Domain, nodes.Key.OpType, opsets.GetValueOrDefault(nodes.Key.Domain, 1))
            let state = nodes.Any(refused.Contains) ? "missing" : entry is { Rule: null } ? "stops" : entry is not null || nodes.All(IsGone) ? "rule" : "missing"
            select new Operator(nodes.Key.OpType, nodes.Key.Domain, nodes.Count(), state);

        static bool IsGone(Node node) => node.Owner is null; // others were written in its place

        string Verdict(WeightCandidate candidate) => !trained.TryGetValue(candidate, out var isTrained) ? "buffer" : isTrained ? "trainable" : "frozen";
    }

    private static long Size(Tensor tensor) => tensor.Strings?.Sum(s => (long)s.Length) ?? tensor.Bytes.Length;
}
