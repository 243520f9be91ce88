using OnnxPipeline.Autodiff;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>The step model of any ONNX Runtime: gradients are outputs.</summary>
internal static class StepGraph
{
    /// <summary>
    /// Appends the gradients: outputs <c>&lt;parameter&gt;_grad</c> after the others, in parameter order; after them, in that order too, what running
    /// statistics are after the step: <c>&lt;parameter&gt;_running</c>.
    /// </summary>
    /// <inheritdoc cref="Gradients"/>
    public static void Append(Model model, Value loss, IReadOnlyList<Value> trainable, GradientTable table)
    {
        var gradients = Gradients(model, loss, trainable, table);
        model.Graph.Outputs.AddRange(trainable.Select(p => gradients[p]));
        model.Graph.Outputs.AddRange(RunningStatistics.Of(model.Graph).Select(s => s.After));
        DeadCode.Remove(model.Graph);
    }

    /// <summary>Appends the nodes of the gradients: one for every parameter.</summary>
    /// <exception cref="ArtifactsException">The loss does not depend on a parameter that is to be trained.</exception>
    /// <exception cref="AutodiffException">An operator on the way has no gradient rule.</exception>
    public static IReadOnlyDictionary<Value, Value> Gradients(Model model, Value loss, IReadOnlyList<Value> trainable, GradientTable table)
    {
        var gradients = Backward.Append(model.Graph, model.OpsetImports, loss, trainable, table);
        return trainable.FirstOrDefault(p => !gradients.ContainsKey(p)) is { } without
            ? throw new ArtifactsException($"The loss does not depend on '{without.Name}', so it cannot be trained. Leave it out of --trainable, or freeze it.")
            : gradients;
    }
}
