using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// The losses: each appends to a graph the nodes from an output to a scalar mean, and the input it is compared with. All are stable: no
/// overflow for large logits, no division by zero where nothing counts.
/// </summary>
public static class Losses
{
    /// <summary>Appends a loss of <paramref name="x"/>; gives the scalar and the label input (null if it has none).</summary>
    public delegate (Value Loss, Value? Labels) Builder(GraphBuilder build, Value x, ArtifactOptions options);

    /// <summary>Name as on the command line → loss.</summary>
    public static IReadOnlyDictionary<string, Builder> Table { get; } = new Dictionary<string, Builder>
    {
        ["cross-entropy"] = CrossEntropy,
        ["mse"] = Mse,
        ["l1"] = L1,
        ["bce"] = Bce,
        ["none"] = None,
    };

    private static (Value, Value?) CrossEntropy(GraphBuilder build, Value x, ArtifactOptions options)
    {
        var shape = ShapeOf(x);
        if (shape.Rank < 2)
        {
            throw new ArtifactsException($"The loss cross-entropy wants logits with an axis of classes, but {x} has rank {shape.Rank}. Name another output with --loss-input, or choose another --loss.");
        }

        // SoftmaxCrossEntropyLoss has its classes at axis 1: images [N, C, H, W] are so, logits of rank 3 [batch, positions, C] become rows.
        var classes = shape.Rank >= 4 ? 1 : shape.Rank - 1;
        var labels = build.Input("labels", ElementType.Int64, Shape.Of([.. shape.Where((_, axis) => axis != classes)]));
        var (scores, targets) = (x, labels);
        if (shape.Rank == 3)
        {
            var width = shape[2];
            scores = width.IsKnown ? build.Reshape(x, -1, width.Value) : build.Reshape(x, build.Concat(0, build.Constant(-1), build.Shape(x, 2, 3))); // [batch·positions, C]
            targets = build.Reshape(labels, -1); // [batch·positions]
        }

        return (build.MeanCrossEntropy(scores, targets, options.IgnoreIndex, options.LabelSmoothing, shape.Rank >= 4 ? 1 : -1), labels);
    }

    // mean (x − t)²
    private static (Value, Value?) Mse(GraphBuilder build, Value x, ArtifactOptions options)
    {
        var target = Target(build, x);
        var difference = build.Sub(x, target);
        return (build.ReduceMeanAll(build.Mul(difference, difference)), target);
    }

    // mean |x − t|
    private static (Value, Value?) L1(GraphBuilder build, Value x, ArtifactOptions options)
    {
        var target = Target(build, x);
        return (build.ReduceMeanAll(build.Abs(build.Sub(x, target))), target);
    }

    // mean max(x, 0) − x·t + ln(1 + e^−|x|); Max shares the gradient of a tie, so that it is 1/2 − t at logit 0
    private static (Value, Value?) Bce(GraphBuilder build, Value x, ArtifactOptions options)
    {
        var target = Target(build, x);
        var linear = build.Sub(build.Max(x, build.ConstantLike(x, 0)), build.Mul(x, target));
        var rest = build.Log(build.Add(build.ConstantLike(x, 1), build.Exp(build.Neg(build.Abs(x)))));
        return (build.ReduceMeanAll(build.Add(linear, rest)), target);
    }

    // The output is the loss.
    private static (Value, Value?) None(GraphBuilder build, Value x, ArtifactOptions options) =>
        x.Element is ElementType.Float or ElementType.Undefined && (x.Shape is not { } shape || shape.All(d => d.Is(1)))
            ? (x, null)
            : throw new ArtifactsException($"The loss none takes a float32 scalar as the loss, but the output {x} is none. Choose a --loss for it, or name another output with --loss-input.");

    private static Value Target(GraphBuilder build, Value x) => build.Input("target", x.Element, ShapeOf(x));

    private static Shape ShapeOf(Value x) => x.Shape
        ?? throw new ArtifactsException($"The shape of the output {x.Name} is not known, so its labels cannot be declared. Export the model with shapes for its outputs.");
}
