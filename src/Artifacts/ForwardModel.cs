using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// The forward model as everything else starts from it: opset raised, functions inlined, shapes inferred; what feeds the loss and which
/// initializers are parameters decided.
/// </summary>
internal sealed class ForwardModel
{
    private readonly Model _model;
    private readonly Value _lossInput;

    private ForwardModel(Model model, Value lossInput, IReadOnlyList<Parameter> parameters, IReadOnlyList<string> notes)
    {
        _model = model;
        _lossInput = lossInput;
        Parameters = parameters;
        Notes = notes;
    }

    /// <summary>In the order of the initializers, those out of Constant nodes after them.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>What a person should know of how the parameters were made of the initializers.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The name of the output that feeds the loss.</summary>
    public string LossInput => _lossInput.Name;

    public int Opset => _model.Opset;

    /// <exception cref="Files.PipelineException">No such output, a pattern without match, nothing to train, a name that the artifacts need is taken.</exception>
    public static ForwardModel Prepare(Model source, ArtifactOptions options)
    {
        var model = ModelCopy.Of(source);
        var graph = model.Graph;
        graph.Inputs.RemoveAll(v => v.Initializer is not null); // a default that could be overridden; the artifacts do not offer that
        ForwardPasses.Run(model);
        BatchStatistics.UseStored(graph, model.Opset);
        ConstantFolding.Fold(model, keep: ForwardPasses.IsFloatInitializer);
        DeadCode.Remove(graph);
        var lossInput = FindLossInput(graph, options);
        var candidates = Weights.Resolve(graph, model.OpsetImports, [lossInput], options.Gradients, options.Retie);
        var choice = ParameterChoice.Choose(candidates, options.Trainable, options.Frozen, options.Known, options.FrozenGroups);
        var chosen = WithStatistics(graph, candidates, choice, options);
        if (!chosen.Any(c => c.Trainable))
        {
            throw new ArtifactsException($"There is nothing to train: none of the {candidates.Count} float initializers is {(chosen.Count == 0 ? "a weight that the loss depends on" : "left trainable")}. onnxpipe inspect says why for each; --trainable overrules it.");
        }

        foreach (var (candidate, _) in chosen)
        {
            Promote(graph, candidate.Value);
        }

        var byName = chosen.ToDictionary(c => c.Candidate.Name);
        var parameters = graph.Initializers.Where(v => byName.ContainsKey(v.Name)).Select(v => new Parameter(v.Name, v.Initializer!, byName[v.Name].Trainable, byName[v.Name].Candidate.Ties)).ToList();
        RefuseTaken(graph, lossInput, options, parameters);
        List<string> notes = [.. chosen.Select(c => c.Candidate.Note).OfType<string>()];
        if (options.BatchNormalization == BatchNormalizationMode.Train && !graph.Nodes.Any(n => n.OpType == "BatchNormalization"))
        {
            notes.Add("--batch-norm train changes nothing: the model has no BatchNormalization (exporters fold it into the convolution before it unless they are told that the model is to be trained)");
        }

        return new ForwardModel(model, lossInput, parameters, notes);
    }

    /// <summary>With the running statistics of BatchNormalization among the parameters, frozen, where training is to update them.</summary>
    private static IReadOnlyList<(WeightCandidate Candidate, bool Trainable)> WithStatistics(
        Graph graph, IReadOnlyList<WeightCandidate> candidates, IReadOnlyList<(WeightCandidate Candidate, bool Trainable)> chosen, ArtifactOptions options)
    {
        if (options.BatchNormalization == BatchNormalizationMode.Frozen)
        {
            return chosen;
        }

        var statistics = BatchStatistics.Of(graph);
        if (chosen.FirstOrDefault(c => c.Trainable && statistics.Contains(c.Candidate.Value)).Candidate is { } both)
        {
            throw new ArtifactsException($"'{both.Name}' holds running statistics, which --batch-norm train updates from the batches; a gradient of it there is not. Leave it out of --trainable.");
        }

        var trainable = chosen.ToDictionary(c => c.Candidate, c => c.Trainable);
        return [.. candidates.Where(c => trainable.ContainsKey(c) || statistics.Contains(c.Value)).Select(c => (c, trainable.GetValueOrDefault(c)))];
    }

    /// <summary>A copy with the loss, called <c>loss</c>, as the first output, the further outputs after it, and all parameters as inputs after the user's.</summary>
    public (Model Model, Value Loss, IReadOnlyList<Value> Parameters, string? Labels) WithLoss(ArtifactOptions options)
    {
        var values = new Dictionary<Value, Value>();
        var model = Copy(values);
        var graph = model.Graph;
        var further = options.Outputs.Select(name => FindOutput(graph, name)).ToList();
        var build = new GraphBuilder(graph, model.Opset, scope: "loss/");
        var (loss, labels) = Losses.Table[options.Loss](build, values[_lossInput], options);
        if (loss.Element is not (ElementType.Float or ElementType.Undefined))
        {
            loss = build.Cast(loss, ElementType.Float); // of a model in float16 or float64
        }

        loss.Name = "loss";
        loss.Type = new TensorType(ElementType.Float, Shape.Scalar);
        graph.Outputs.Clear();
        graph.Outputs.AddRange([loss, .. further]);
        if (graph.Outputs.Distinct().Count() < graph.Outputs.Count)
        {
            throw new ArtifactsException($"--output names an output twice, or the loss itself: {string.Join(", ", options.Outputs)}.");
        }

        var names = Parameters.Select(p => p.Name).ToHashSet();
        var parameters = graph.Initializers.Where(v => names.Contains(v.Name)).ToList(); // in the same order
        graph.Initializers.RemoveAll(v => names.Contains(v.Name));
        foreach (var parameter in parameters)
        {
            parameter.Initializer = null;
            graph.Inputs.Add(parameter);
        }

        return (model, loss, parameters, labels?.Name);
    }

    /// <summary>A copy that computes the outputs other than a loss, in evaluation mode.</summary>
    public Model ForInference(ArtifactOptions options)
    {
        var values = new Dictionary<Value, Value>();
        var model = Copy(values);
        var graph = model.Graph;
        if (options.Loss == "none" && graph.Outputs.Count > 1)
        {
            graph.Outputs.Remove(values[_lossInput]);
        }

        var read = DeadCode.ReadInputs(graph);
        EvaluationMode.Apply(graph, model.Opset);
        DeadCode.Remove(graph, read);
        return model;
    }

    private Model Copy(Dictionary<Value, Value> values)
    {
        var copy = new Model(ModelCopy.Of(_model.Graph, values)) { IrVersion = _model.IrVersion, ProducerName = "onnxpipe" };
        foreach (var (domain, version) in _model.OpsetImports)
        {
            copy.OpsetImports.Add(domain, version);
        }

        return copy;
    }

    private static Value FindLossInput(Graph graph, ArtifactOptions options)
    {
        if (!Losses.Table.ContainsKey(options.Loss))
        {
            throw new ArtifactsException($"The loss '{options.Loss}' is unknown; there are {string.Join(", ", Losses.Table.Keys)}.");
        }

        var outputs = string.Join(", ", graph.Outputs.Select(v => v.Name));
        var name = options.LossInput ?? (graph.Outputs.Count == 1 ? graph.Outputs[0].Name : options.Loss == "none" ? "loss" : "logits");
        return graph.Outputs.Find(v => v.Name == name)
            ?? throw new ArtifactsException($"The model has no output '{name}' to feed the loss {options.Loss}; its outputs are {outputs}. Name one with --loss-input.");
    }

    private static Value FindOutput(Graph graph, string name) => graph.Outputs.Concat(graph.Nodes.SelectMany(n => n.Outputs)).FirstOrDefault(v => v.Name == name && name.Length > 0) is { } found
        ? name.EndsWith("_grad", StringComparison.Ordinal) || name.EndsWith(".accumulation.out", StringComparison.Ordinal)
            ? throw new ArtifactsException($"--output '{name}': Microsoft's runtime takes outputs of such names for gradients and does not return them. Rename the output.")
            : found
        : throw new ArtifactsException($"--output '{name}': the model computes no value of that name; its outputs are {string.Join(", ", graph.Outputs.Select(v => v.Name))}.");

    /// <summary>Makes an initializer of a Constant node's output.</summary>
    private static void Promote(Graph graph, Value value)
    {
        if (value.Producer is not { } node)
        {
            return;
        }

        var initializer = new Value(value.Name, value.Type) { Initializer = value.ConstantData };
        graph.ReplaceAllUses(value, initializer);
        graph.Nodes.Remove(node);
        graph.Initializers.Add(initializer);
    }

    private static void RefuseTaken(Graph graph, Value lossInput, ArtifactOptions options, List<Parameter> parameters)
    {
        var taken = graph.Inputs.Concat(graph.Initializers).Concat(graph.AllNodes().SelectMany(n => n.Outputs)).Where(v => options.Loss != "none" || v != lossInput).Select(v => v.Name).ToHashSet();
        var label = options.Loss switch { "none" => null, "cross-entropy" => "labels", _ => "target" };
        var statistics = options.BatchNormalization == BatchNormalizationMode.Train ? BatchStatistics.Of(graph).Select(v => v.Name + BatchStatistics.Running) : [];
        foreach (var name in parameters.Where(p => p.Trainable).Select(p => p.Name + "_grad").Concat(statistics).Append("loss").Append(label).Append("lazy_reset_grad"))
        {
            if (name is not null && taken.Contains(name))
            {
                throw new ArtifactsException($"The model already has a value called '{name}', a name that the artifacts give to something of their own. Rename it{(name == "loss" ? ", or use it with --loss none" : "")}.");
            }
        }

        if (graph.Inputs.Find(v => v.Name.EndsWith("_grad", StringComparison.Ordinal) || v.Name.Contains("_grad.accumulation.", StringComparison.Ordinal)) is { } gradient)
        {
            throw new ArtifactsException($"The model has an input called '{gradient.Name}'; Microsoft's runtime takes inputs of such names for gradients and does not feed them. Rename it.");
        }

        if (parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArtifactsException($"Two initializers are called '{twice.Key}'; every parameter needs a name of its own.");
        }
    }
}
