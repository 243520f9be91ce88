namespace OnnxPipeline.Files;

/// <summary>The optimizer and its values, under the names of the flags of <c>artifacts</c> and <c>train</c>.</summary>
/// <param name="Optimizer"><c>adamw</c> or <c>sgd</c>.</param>
/// <param name="Lr">Learning rate.</param>
/// <param name="Betas">adamw: decay of the first and the second moment.</param>
/// <param name="Eps">adamw.</param>
/// <param name="WeightDecay">As <c>--adam-mode</c> says for adamw; added to the gradient for sgd.</param>
/// <param name="MaxGradNorm">Clip by the global norm; null: no clipping.</param>
/// <param name="AdamMode">0 as PyTorch, 1 as old Transformers.</param>
/// <param name="Momentum">sgd.</param>
public sealed record ManifestOptimizer(
    string Optimizer,
    double Lr,
    IReadOnlyList<double>? Betas = null,
    double? Eps = null,
    double WeightDecay = 0,
    double? MaxGradNorm = null,
    int? AdamMode = null,
    double? Momentum = null)
{
    /// <summary>AdamW with the defaults of Microsoft's tool.</summary>
    public static ManifestOptimizer AdamW { get; } = new("adamw", 1e-3, [0.9, 0.999], 1e-6, AdamMode: 1);

    /// <summary>SGD with the defaults of Microsoft's tool.</summary>
    public static ManifestOptimizer Sgd { get; } = new("sgd", 1e-3, Momentum: 0);
}
