using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Training;

/// <summary>The values in the optimizer graph of a folder that Microsoft's tool made.</summary>
public static class OptimizerModel
{
    /// <summary>Reads them; the learning rate, which the graph takes as an input, is 1e-3.</summary>
    /// <exception cref="TrainingException">The graph has neither of the two optimizers that Microsoft's tool writes.</exception>
    public static ManifestOptimizer Read(string path)
    {
        var nodes = ModelFile.Load(path).Graph.Nodes;
        double? clip = nodes.FirstOrDefault(n => n.OpType == "InplaceClipGradNorm") is { } clipping ? Shortest(clipping.Float("max_norm", 1)) : null;
        if (nodes.FirstOrDefault(n => n.OpType == "AdamWOptimizer") is { } adam)
        {
            return new ManifestOptimizer("adamw", 1e-3, [Shortest(adam.Float("alpha", 0.9f)), Shortest(adam.Float("beta", 0.999f))], Shortest(adam.Float("epsilon", 1e-8f)),
                Shortest(adam.Float("weight_decay", 1e-2f)), clip, (int)adam.Int("adam_mode", 0));
        }

        return nodes.Any(n => n.OpType == "SGDOptimizerV2")
            ? ManifestOptimizer.Sgd with { MaxGradNorm = clip }
            : throw new TrainingException($"{path} has the nodes {string.Join(", ", nodes.Select(n => n.OpType))}; AdamWOptimizer or SGDOptimizerV2 was wanted.");
    }

    /// <summary>0.9f as 0.9, not as 0.8999999761581421.</summary>
    private static double Shortest(float value) => double.Parse(value.ToString());
}
