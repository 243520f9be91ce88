using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>The training model of Microsoft's runtime: gradients that are added to buffers in place, unless <c>lazy_reset_grad</c> says to overwrite them.</summary>
internal static class TrainingGraph
{
    private const string Microsoft = "com.microsoft";

    /// <summary>
    /// Appends gradients and accumulators: inputs <c>&lt;parameter&gt;_grad.accumulation.buffer</c> and last <c>lazy_reset_grad</c>, outputs
    /// <c>&lt;parameter&gt;_grad.accumulation.out</c> after the others, all in parameter order.
    /// </summary>
    /// <exception cref="ArtifactsException">The loss does not depend on a parameter that is to be trained.</exception>
    /// <exception cref="Autodiff.AutodiffException">An operator on the way has no gradient rule.</exception>
    public static void Append(Model model, Value loss, IReadOnlyList<Value> trainable, Autodiff.GradientTable table)
    {
        var graph = model.Graph;
        if (trainable.FirstOrDefault(p => p.Element != ElementType.Float) is { } other)
        {
            throw new ArtifactsException($"The parameter {other} is not float32, which is what Microsoft's runtime trains. Convert the model to float32, or freeze the parameter with --frozen '{other.Name}'.");
        }

        var gradients = StepGraph.Gradients(model, loss, trainable, table);
        var reset = new Value("lazy_reset_grad", ElementType.Bool, [1]);
        foreach (var parameter in trainable)
        {
            var buffer = new Value($"{parameter.Name}_grad.accumulation.buffer", parameter.Type);
            var done = new Value($"{parameter.Name}_grad.accumulation.out", ElementType.Bool, [1]);
            graph.Inputs.Add(buffer);
            graph.Nodes.Add(new Node(Microsoft, "InPlaceAccumulatorV2", [buffer, gradients[parameter], reset], [done], $"GradientAccumulator{graph.Outputs.Count}"));
            graph.Outputs.Add(done);
        }

        graph.Inputs.Add(reset);
        DeadCode.Remove(graph);
    }
}
