using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>A model without what only training needs.</summary>
public static class InferenceGraph
{
    /// <summary>
    /// A copy in evaluation mode, functions inlined: no Dropout, and where the model has other outputs no output <c>loss</c>, nor the inputs that only it reads (labels).
    /// </summary>
    public static Model Of(Model source)
    {
        var model = ModelCopy.Of(source);
        if (model.Functions.Any(f => f.OpsetImports.GetValueOrDefault("", model.Opset) != model.Opset))
        {
            OpsetConversion.Raise(model); // what is put in the place of a call is of the model's opset
        }

        FunctionInlining.Inline(model);
        var graph = model.Graph;
        var read = DeadCode.ReadInputs(graph);
        if (graph.Outputs.Count > 1)
        {
            graph.Outputs.RemoveAll(v => v.Name == "loss");
        }

        EvaluationMode.Apply(graph, model.Opset);
        DeadCode.Remove(graph, read);
        return model;
    }
}
