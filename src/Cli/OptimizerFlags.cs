using System.CommandLine;
using OnnxPipeline.Files;

namespace OnnxPipeline.Cli;

/// <summary>The flags that describe an optimizer, for the artifacts it is baked into.</summary>
internal sealed class OptimizerFlags
{
    private readonly Option<string> _kind = Flags.Choice("--optimizer", "Whose optimizer graph to write [adamw].", "adamw", "sgd", "none");
    private readonly Option<double?> _lr = Flags.Number("--lr", "Learning rate, for the manifest [1e-3].", 0);
    private readonly Option<(double First, double Second)?> _betas = Flags.Pair("--betas", "adamw: decay of the moments [0.9,0.999].");
    private readonly Option<double?> _eps = Flags.Number("--eps", "adamw: ε [1e-6].", 0);
    private readonly Option<double?> _decay = Flags.Number("--weight-decay", "Weight decay; of sgd with --target stock only, for Microsoft's optimizer graph has none [0].", 0);
    private readonly Option<double?> _norm = Flags.Number("--max-grad-norm", "Clip gradients to this global norm [no clipping].", double.Epsilon);
    private readonly Option<long?> _mode = Flags.Count("--adam-mode", "adamw: 0 as PyTorch; 1 as old Transformers, eps before the bias correction and decay after the step [1].", 0, 1);
    private readonly Option<double?> _momentum = Flags.Number("--momentum", "sgd: momentum, below 1; with --target stock only, for the same reason [0].", 0);

    public void AddTo(Verb verb)
    {
        foreach (var option in new Option[] { _kind, _lr, _betas, _eps, _decay, _norm, _mode, _momentum })
        {
            verb.Add(option);
        }
    }

    /// <summary>Null for <c>none</c>.</summary>
    /// <exception cref="UsageException">A flag does not go with the optimizer.</exception>
    public ManifestOptimizer? Of(VerbContext context)
    {
        var kind = context.Get(_kind) ?? "adamw";
        RequireOwn(context.Given, kind);
        if (context.Get(_betas) is { } pair && (pair.First is < 0 or >= 1 || pair.Second is < 0 or >= 1))
        {
            throw new UsageException(FormattableString.Invariant($"--betas {pair.First},{pair.Second}: both are at least 0 and below 1."));
        }

        if (context.Get(_momentum) is >= 1 and var momentum)
        {
            throw new UsageException(FormattableString.Invariant($"--momentum {momentum}: it is at least 0 and below 1."));
        }

        var defaults = kind switch { "adamw" => ManifestOptimizer.AdamW, "sgd" => ManifestOptimizer.Sgd, _ => null };
        return defaults is null ? null : defaults with
        {
            Lr = context.Get(_lr) ?? defaults.Lr,
            Betas = context.Get(_betas) is { } betas ? [betas.First, betas.Second] : defaults.Betas,
            Eps = context.Get(_eps) ?? defaults.Eps,
            WeightDecay = context.Get(_decay) ?? defaults.WeightDecay,
            MaxGradNorm = context.Get(_norm),
            AdamMode = (int?)context.Get(_mode) ?? defaults.AdamMode,
            Momentum = context.Get(_momentum) ?? defaults.Momentum,
        };
    }

    /// <summary>Refuses flags that the optimizer has no use for, rather than pass over them.</summary>
    /// <param name="given">Names of flags.</param>
    /// <param name="kind">A value of <c>--optimizer</c>.</param>
    /// <exception cref="UsageException">A flag does not go with the optimizer.</exception>
    public static void RequireOwn(IReadOnlyList<string> given, string kind)
    {
        string[] foreign = kind switch { "adamw" => ["--momentum"], "sgd" => ["--betas", "--eps", "--adam-mode"], _ => ["--lr", "--betas", "--eps", "--weight-decay", "--max-grad-norm", "--adam-mode", "--momentum"] };
        if (foreign.FirstOrDefault(given.Contains) is { } wrong)
        {
            throw new UsageException($"{wrong} does not go with --optimizer {kind}.");
        }
    }
}
