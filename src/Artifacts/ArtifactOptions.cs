using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Functions;

namespace OnnxPipeline.Artifacts;

/// <summary>What <see cref="ArtifactWriter"/> is asked for; the defaults are those of the verb <c>artifacts</c>.</summary>
public sealed record ArtifactOptions
{
    /// <summary>A key of <see cref="Losses.Table"/> [<c>cross-entropy</c>].</summary>
    public string Loss { get; init; } = "cross-entropy";

    /// <summary>The graph output that feeds the loss. Null: the only one, else <c>loss</c> for the loss <c>none</c>, else <c>logits</c>.</summary>
    public string? LossInput { get; init; }

    /// <summary>Cross-entropy: the label of positions that do not count [−100].</summary>
    public long IgnoreIndex { get; init; } = -100;

    /// <summary>Cross-entropy: the share of the target spread evenly over the classes, at least 0 and below 1 [0].</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Cross-entropy: the axis of the classes, negative from the end; null: the last for rank 2 and 3, 1 for rank 4 and above.</summary>
    public long? ClassAxis { get; init; }

    /// <summary>Patterns of parameters to train; see <see cref="ParameterChoice"/> for what they, <see cref="Frozen"/> and neither mean.</summary>
    public IReadOnlyList<string> Trainable { get; init; } = [];

    /// <summary>Patterns of weights that stay as they are.</summary>
    public IReadOnlyList<string> Frozen { get; init; } = [];

    /// <summary>Patterns of weights that groups of <c>pretrain</c> freeze, whatever else is trained and frozen.</summary>
    public IReadOnlyList<string> FrozenGroups { get; init; } = [];

    /// <summary>Whether weights that an exporter wrote twice become one parameter again; see <see cref="Ties"/> [true].</summary>
    public bool Retie { get; init; } = true;

    /// <summary>What BatchNormalization is trained with: the statistics as stored, or those of each batch [as stored].</summary>
    public BatchNormalizationMode BatchNormalization { get; init; }

    /// <summary>The optimizer whose graph is made; null: none [AdamW with the values of Microsoft's tool].</summary>
    public ManifestOptimizer? Optimizer { get; init; } = ManifestOptimizer.AdamW;

    /// <summary>Further outputs of the training and evaluation graphs, after the loss.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>
    /// Outputs of the evaluation graph, after all others, float32 [2]: of the labels that count, how many are the class of the greatest logit, and how many there
    /// are. Name → input that has the labels, of which the graph computes the cross-entropy.
    /// </summary>
    public IReadOnlyDictionary<string, string> Hits { get; init; } = new Dictionary<string, string>();

    public ArtifactTarget Target { get; init; }

    /// <summary>Whether to write <c>nominal_checkpoint</c> too: names and types without values.</summary>
    public bool Nominal { get; init; }

    /// <summary>Put before every file name.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The manifest of the model's folder: what is trainable if no pattern says it, family, task, label names, tokenizer.</summary>
    public Manifest? Known { get; init; }

    /// <summary>The gradient rules; <see cref="GradientTable.With"/> adds those of operators of one's own.</summary>
    public GradientTable Gradients { get; init; } = GradientTable.Default;

    /// <summary>The operators whose bodies go into the graphs; <see cref="FunctionLibrary.With"/> adds one's own.</summary>
    public FunctionLibrary Functions { get; init; } = FunctionLibrary.Default;

    /// <summary>Goes to the manifest.</summary>
    public string ToolVersion { get; init; } = typeof(ArtifactOptions).Assembly.GetName().Version!.ToString(3);
}
