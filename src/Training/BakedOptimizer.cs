using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>Microsoft's runtime steps with the optimizer graph of the artifacts as it is: of a run it takes the learning rate and nothing else.</summary>
internal static class BakedOptimizer
{
    /// <exception cref="TrainingException">The run asks for what the graph does not have (wrong usage).</exception>
    public static void Require(RunConfig config, ArtifactFolder artifacts)
    {
        Require(config.Accumulation == 1, $"--accumulation is {config.Accumulation}: the runtime sums the gradients of micro-batches, it does not average them");
        Require(config.Group.Count == 0 && config.NoDecay.Count == 0, "--group and --no-decay: its optimizer has one setting for all parameters");
        Require(!config.DecaysMatricesOnly || config.WeightDecay == 0, $"--weight-decay is {config.WeightDecay}, without biases and normalization: its optimizer has one setting for all parameters; give --weight-decay 0");
        Require(config.Momentum == 0, $"--momentum is {config.Momentum}: its SGD has none");
        var baked = OptimizerModel.Read(artifacts.OptimizerModel);
        Same("--optimizer", config.Optimizer, baked.Optimizer);
        Same("--max-grad-norm", config.MaxGradNorm, baked.MaxGradNorm);
        if (config.Optimizer == "adamw")
        {
            Same("--betas", $"{config.Beta1},{config.Beta2}", string.Join(',', baked.Betas!));
            Same("--eps", config.Eps, baked.Eps);
            Same("--weight-decay", config.WeightDecay, baked.WeightDecay);
            Same("--adam-mode", config.AdamMode, baked.AdamMode);
        }

        void Same(string flag, object? wanted, object? found) =>
            Require(Equals(wanted, found), $"{flag} is {wanted ?? "not set"}, and {artifacts.OptimizerModel} was made with {found ?? "none"}; make the artifacts anew with the flag");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new TrainingException($"{message}, or train with --engine {EngineChoice.Stock}.", 64);
        }
    }
}
