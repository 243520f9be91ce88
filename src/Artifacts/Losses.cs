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

        // SoftmaxCrossEntropyLoss has its classes at axis 1: images [N, C, H, W] are so; others become rows, such as logits [batch, positions, C].
        var classes = ClassAxis(shape, x, options);
        var labels = build.Input("labels", ElementType.Int64, Shape.Of([.. shape.Where((_, axis) => axis != classes)]));
        var (scores, targets) = (x, labels);
        if (classes != 1)
        {
            if (classes < shape.Rank - 1)
            {
                scores = build.Transpose(x, [.. Enumerable.Range(0, shape.Rank).Where(axis => axis != classes).Append(classes).Select(axis => (long)axis)]); // [labels..., C]
            }

            var width = shape[classes];
            scores = width.IsKnown ? build.Reshape(scores, -1, width.Value) : build.Reshape(scores, build.Concat(0, build.Constant(-1), build.Shape(x, classes, classes + 1))); // [all labels, C]
            targets = build.Reshape(labels, -1); // [all labels]
        }

        return (build.MeanCrossEntropy(scores, targets, options.IgnoreIndex, options.LabelSmoothing), labels);
    }

    private static int ClassAxis(Shape shape, Value x, ArtifactOptions options)
    {
        var given = options.ClassAxis ?? (shape.Rank >= 4 ? 1 : -1);
        var axis = given < 0 ? given + shape.Rank : given;
        return axis >= 0 && axis < shape.Rank ? (int)axis : throw new ArtifactsException($"The class axis {given} does not exist: {x} has rank {shape.Rank}. Give --class-axis one from {-shape.Rank} to {shape.Rank - 1}.");
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
