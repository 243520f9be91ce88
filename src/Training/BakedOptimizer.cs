using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>Microsoft's runtime steps with the optimizer graph of the artifacts as it is: of a run it takes the learning rate and nothing else.</summary>
internal static class BakedOptimizer
{
    /// <exception cref="TrainingException">The run asks for what the graph does not have (wrong usage).</exception>
    public static void Require(RunConfig config, ArtifactFolder artifacts)
    {
        Require(config.Accumulation == 1, $"--accumulation {config.Accumulation}", "the runtime sums the gradients of micro-batches, it does not average them; leave the flag out");
        Require(config.Group.Count == 0 && config.NoDecay.Count == 0, config.Group.Count > 0 ? "--group" : "--no-decay", "its optimizer has one setting for all parameters; leave the flag out");
        Require(!config.DecaysMatricesOnly || config.WeightDecay == 0, $"--weight-decay {config.WeightDecay} without biases and normalization", "its optimizer has one setting for all parameters; give --weight-decay 0");
        Require(config.Momentum == 0, $"--momentum {config.Momentum}", "its SGD has none; leave the flag out");
        var baked = OptimizerModel.Read(artifacts.OptimizerModel);
        Same("--optimizer", config.Optimizer, baked.Optimizer);
        Same("--max-grad-norm", config.MaxGradNorm, baked.MaxGradNorm);
        if (config.Optimizer == "adamw")
        {
            Same("--betas", $"{(float)config.Beta1},{(float)config.Beta2}", string.Join(',', baked.Betas!.Select(beta => (float)beta)));
            Same("--eps", config.Eps, baked.Eps);
            Same("--weight-decay", config.WeightDecay, baked.WeightDecay);
            Same("--adam-mode", config.AdamMode, baked.AdamMode);
        }
        else
        {
            Require(config.WeightDecay == 0, $"--weight-decay {config.WeightDecay}", "its SGD has none; leave the flag out");
        }

        // The graph holds its numbers in float32.
        void Same(string flag, object? wanted, object? found) =>
            Require(wanted is double asked && found is double made ? (float)asked == (float)made : Equals(wanted, found), $"{flag} {wanted ?? "not set"}", $"{Path.GetFileName(artifacts.OptimizerModel)} of the artifacts was made with {found ?? "none"}; make them anew with the flag");
    }

    private static void Require(bool holds, string asked, string reason)
    {
        if (!holds)
        {
            throw new TrainingException($"--engine {EngineChoice.OrtTraining} cannot have {asked}: {reason}, or train with --engine {EngineChoice.Stock}.", 64);
        }
    }
}
