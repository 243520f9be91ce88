using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>The optimizer model of Microsoft's runtime: one native operator over sequences of tensors, inputs checked there by name and place.</summary>
internal static class OptimizerGraph
{
    private const string Microsoft = "com.microsoft";

    /// <summary>Makes the model.</summary>
    /// <exception cref="ArtifactsException">It cannot hold what <paramref name="optimizer"/> asks for.</exception>
    public static Model Create(ManifestOptimizer optimizer, int opset)
    {
        var graph = new Graph("optimizer");
        var build = new GraphBuilder(graph, opset);
        var adam = optimizer.Optimizer == "adamw";
        if (!adam && (optimizer.WeightDecay != 0 || optimizer.Momentum is not (null or 0)))
        {
            throw new ArtifactsException("The optimizer graph of Microsoft's runtime has no weight decay and no momentum for sgd. Leave out --weight-decay and --momentum, or use --optimizer adamw.");
        }

        var lr = build.Input("learning_rate", ElementType.Float, [1]);
        var step = build.Input("step", ElementType.Int64, [1]);
        var parameters = Sequence(graph, "params");
        var gradients = Sequence(graph, "gradients");
        var first = Sequence(graph, "first_order_moments");
        var clipped = optimizer.MaxGradNorm is { } norm ? build.Op("InplaceClipGradNorm", [gradients], [("max_norm", (float)norm)], Microsoft) : gradients;
        var done = adam
            ? build.Op("AdamWOptimizer", [lr, step, parameters, clipped, first, Sequence(graph, "second_order_moments")],
            [
                ("alpha", (float)optimizer.Betas![0]), ("beta", (float)optimizer.Betas[1]), ("epsilon", (float)optimizer.Eps!),
                ("weight_decay", (float)optimizer.WeightDecay), ("correct_bias", 1), ("adam_mode", optimizer.AdamMode!.Value),
            ], Microsoft)
            : build.Op("SGDOptimizerV2", [lr, parameters, clipped], domain: Microsoft);
        done.Type = new TensorType(ElementType.Bool, [1]);
        clipped.Type = gradients.Type;
        build.Output(done, adam ? "updated_flag" : "update_completed");

        var model = new Model(graph) { IrVersion = 8, ProducerName = "onnxpipe" };
        model.OpsetImports.Add(Microsoft, 1);
        model.OpsetImports.Add("", opset);
        return model;
    }

    private static Value Sequence(Graph graph, string name)
    {
        var value = new Value(name, new SequenceType(new TensorType(ElementType.Float, null)));
        graph.Inputs.Add(value);
        return value;
    }
}
