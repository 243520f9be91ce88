using OnnxPipeline.Ir;
using OnnxPipeline.Ort.StepGraph.Fusions;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>Makes of the graph that Microsoft's runtime trains with the one that stock ONNX Runtime does.</summary>
internal static class Derivation
{
    private const string Gradient = "_grad";
    private const string Buffer = Gradient + ".accumulation.buffer";
    private const string Reset = "lazy_reset_grad";

    /// <summary>Changes a training model (or a step model with plain gradient outputs) in place.</summary>
    /// <param name="kernels">Whether nodes are sent to C# kernels.</param>
    /// <exception cref="OrtException">It is no training graph.</exception>
    /// <exception cref="IrException">A node has a form that no body defines.</exception>
    public static StepModel OfTraining(Model model, bool kernels)
    {
        var graph = model.Graph;
        OpsetConversion.Raise(model); // bodies are written for 18 and above
        ShapeInference.Infer(model); // kernels are chosen by type
        if (graph.Outputs.Count == 0)
        {
            throw new OrtException($"The training graph '{graph.Name}' has no outputs; the loss was wanted.");
        }

        MicrosoftForms.Apply(model);
        var seeds = DropoutStreams.Apply(graph, model.Opset); // takes dropouts of nothing out, with the gradient that a parameter may have of them
        var gradients = graph.Nodes.Any(node => node.OpType == "InPlaceAccumulatorV2") ? TakeAccumulated(graph) : TakePlain(graph);
        var trainable = graph.Inputs.Select(input => input.Name).Where(gradients.ContainsKey).ToList();
        if (trainable.Count == 0)
        {
            throw new OrtException($"The training graph '{graph.Name}' gives no gradients; make artifacts of the model with 'onnxpipe artifacts'.");
        }

        var statistics = RunningStatistics.Of(graph);
        graph.Outputs.RemoveAll(output => statistics.Any(s => s.After == output));
        var build = new GraphBuilder(graph, model.Opset);
        var taken = graph.Inputs.Concat(graph.Initializers).Concat(graph.Outputs).Select(value => value.Name).ToHashSet();
        foreach (var name in trainable)
        {
            var gradient = gradients[name];
            var output = gradient.Producer is null || graph.Outputs.Contains(gradient) ? Copy(build, gradient) : gradient;
            for (output.Name = name + Gradient; !taken.Add(output.Name);)
            {
                output.Name += "_";
            }

            graph.Outputs.Add(output);
        }

        graph.Outputs.AddRange(statistics.Select(s => s.After));
        Finish(model, kernels);
        return new StepModel(model, trainable, seeds, [.. statistics.Select(s => s.Before.Name)]);
    }

    /// <summary>Prepares an evaluation model in place: kernels, bodies.</summary>
    public static Model OfEvaluation(Model model, bool kernels)
    {
        OpsetConversion.Raise(model);
        ShapeInference.Infer(model);
        Finish(model, kernels);
        return model;
    }

    private static Value Copy(GraphBuilder build, Value gradient)
    {
        var copy = build.Identity(gradient);
        copy.Type ??= gradient.Type;
        return copy;
    }

    /// <summary>Parameter → gradient; accumulators, their buffers and flags go.</summary>
    private static Dictionary<string, Value> TakeAccumulated(Graph graph)
    {
        Dictionary<string, Value> gradients = [];
        foreach (var node in graph.Nodes.Where(node => node.OpType == "InPlaceAccumulatorV2").ToList())
        {
            var (buffer, gradient) = (node.Inputs[0]!, node.Inputs[1]!);
            if (!buffer.Name.EndsWith(Buffer, StringComparison.Ordinal))
            {
                throw new OrtException($"{node.Describe()} adds to '{buffer.Name}'; a buffer called <parameter>{Buffer} was wanted.");
            }

            gradients.Add(buffer.Name[..^Buffer.Length], gradient);
            graph.Outputs.RemoveAll(node.Outputs.Contains);
            graph.Inputs.Remove(buffer);
            graph.Nodes.Remove(node);
        }

        graph.Inputs.RemoveAll(input => input.Name == Reset && input.Uses.Count == 0);
        return gradients;
    }

    /// <summary>Parameter → gradient, of a graph whose last outputs are called <c>&lt;parameter&gt;_grad</c>.</summary>
    private static Dictionary<string, Value> TakePlain(Graph graph)
    {
        var names = graph.Inputs.Select(input => input.Name).ToHashSet();
        var gradients = graph.Outputs.Skip(1).Where(output => output.Name.EndsWith(Gradient, StringComparison.Ordinal) && names.Contains(output.Name[..^Gradient.Length])).ToList();
        graph.Outputs.RemoveAll(gradients.Contains);
        return gradients.ToDictionary(output => output.Name[..^Gradient.Length]);
    }

    private static void Finish(Model model, bool kernels)
    {
        DeadCode.Remove(model.Graph);
        if (kernels)
        {
            FusionTable.Apply(model.Graph, model.Opset);
            DeadCode.Remove(model.Graph);
            KernelChoice.Apply(model.Graph);
        }

        OperatorLibrary.Instance.AddBodies(model);
        model.OpsetImports.TryAdd("com.microsoft", 1); // ONNX Runtime fuses into its own operators, and finds them only under a version that the model names once kernels of ours are in that domain
    }
}
