using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>
/// The loss with label smoothing as the project's graphs have it, (1 − ε)·Σ −ln p[label] − ε·Σ mean ln p over the rows that count, beside its gradient: a
/// second softmax over the scores each way, which one visit of them does without.
/// </summary>
/// <param name="Loss">The sum of both parts.</param>
/// <param name="Gradient">Of the scores, the sum of both parts.</param>
/// <param name="Factor">What the gradient of <paramref name="Loss"/> is multiplied by.</param>
/// <param name="Share">ε</param>
internal sealed record LabelSmoothing(Value Loss, Value Gradient, Value Factor, float Share)
{
    private const int FloatKind = 1, IntKind = 2;

    public static FusedOperator Operator { get; } = new("ai.onnxpipeline", "SmoothedCrossEntropyLossAndGrad")
    {
        Doc = "With l = -ln softmax(scores) and e = smoothing: output = sum over the rows whose label is not ignore_index of (1-e)*l[label] + e*mean(l), d_scores = (softmax(scores) - (1-e)*onehot(labels) - e/C)*dY, 0 where labels is ignore_index",
        Inputs = ["scores", "labels", "dY"],
        Outputs = ["output", "d_scores"],
        Attributes = new Dictionary<string, AttributeValue?> { ["ignore_index"] = long.MinValue, ["smoothing"] = null },
        Body = Body,
    };

    /// <summary>At a summed loss and its gradient; null where no smoothing is beside them.</summary>
    public static LabelSmoothing? Find(Node loss, Node gradient)
    {
        var (scores, labels) = (loss.Inputs[0]!, loss.Inputs[1]!);
        if (loss.Outputs[0].Uses is not [{ Node: { OpType: "Mul", Domain: "" } ownPart }] || ownPart.Outputs[0].Uses is not [{ Node: { OpType: "Sub", Domain: "" } difference, Index: 0 }]
            || gradient.Outputs[0].Uses is not [{ Node: { OpType: "Sum" or "Add", Domain: "", Inputs.Count: 2 } sum, Index: var place }]
            || sum.Inputs[1 - place]!.Producer is not { OpType: "LogSoftmaxGrad_13", Domain: "com.microsoft" } spread
            || spread.Inputs[1]!.Producer is not { OpType: "LogSoftmax", Domain: "" } logarithm || logarithm.Inputs[0] != scores || !IsLast(logarithm.Int("axis", -1)) || !IsLast(spread.Int("axis", -1))
            || scores.Shape is not { Rank: 2 } shape || !shape.At(1).IsKnown)
        {
            return null;
        }

        // Forward: the part of the label, and that of all classes.
        var own = Factors.Of(ownPart.Outputs[0]);
        var all = Factors.Of(difference.Inputs[1]!);
        if (own.Others is not [var left] || left != loss.Outputs[0] || all.Others is not [{ Producer: { OpType: "ReduceSum", Domain: "" } total }] || total.Inputs[0] is not { Shape.Rank: 1 } terms
            || total.Outputs[0].Shape is not { Rank: 0 } || Factors.Of(terms) is not { Number: 1, Others: [var first, var second] })
        {
            return null;
        }

        var (mean, counted) = first.Producer?.OpType == "ReduceMean" ? (first, second) : (second, first);
        if (mean.Producer is not { OpType: "ReduceMean", Domain: "" } average || average.Inputs[0] != logarithm.Outputs[0] || average.Input(1)?.ConstantData is not { Type: ElementType.Int64, Count: 1 } axis
            || !IsLast(axis.As<long>()[0]) || !Counts(counted, labels, loss.Int("ignore_index", long.MinValue)) || Math.Abs(own.Number + all.Number - 1) > 1e-6)
        {
            return null;
        }

        // Backward: the same factors, the second divided by the number of classes and negative, for each row.
        var ownFactor = Factors.Of(gradient.Inputs[0]!);
        if (ownFactor.Others is not [var factor] || ownFactor.Number != own.Number
            || spread.Inputs[0]!.Producer is not { OpType: "Expand", Domain: "" } expand || expand.Inputs[0]!.Producer is not { OpType: "Unsqueeze", Domain: "" } column
            || column.Inputs[1]?.ConstantData is not { Count: 1 } columnAxis || !IsLast(columnAxis.As<long>()[0]))
        {
            return null;
        }

        var each = Factors.Of(column.Inputs[0]!);
        var wanted = -all.Number / shape.At(1).Value;
        return each.Others.Count == 2 && each.Others.Contains(factor) && each.Others.Contains(counted) && Math.Abs(each.Number - wanted) <= 1e-6 * Math.Abs(wanted)
            ? new(difference.Outputs[0], sum.Outputs[0], factor, (float)all.Number)
            : null;
    }

    /// <summary>Of [rows, classes] and of what is as long as it.</summary>
    private static bool IsLast(long axis) => axis is -1 or 1;

    /// <summary>Whether a value is 1 for labels that are not ignored, and 0 for those that are.</summary>
    private static bool Counts(Value counted, Value labels, long ignored) =>
        counted.Producer is { OpType: "Cast", Domain: "" } cast && cast.Inputs[0]!.Producer is { OpType: "Not", Domain: "" } not && not.Inputs[0]!.Producer is { OpType: "Equal", Domain: "" } equal
        && equal.Inputs[0] == labels && equal.Inputs[1]!.ConstantData is { Type: ElementType.Int64, Count: 1 } data && data.As<long>()[0] == ignored;

    private static IReadOnlyList<Value> Body(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (scores, labels, dY) = (inputs[0], inputs[1], inputs[2]);
        var share = b.Op("Constant", [], [("value_float", new ReferenceAttribute("smoothing", FloatKind))]);
        var rest = b.Sub(b.Constant(1f), share);
        var ignored = b.Equal(labels, b.Op("Constant", [], [("value_int", new ReferenceAttribute("ignore_index", IntKind))])); // [N]
        var place = b.Unsqueeze(b.Where(ignored, b.Constant(Tensor.Scalar(0L)), labels), 1); // [N, 1]; an ignored label may lie outside the classes
        var logarithm = b.LogSoftmax(scores, -1); // [N, C]
        var own = b.Squeeze(b.Op("GatherElements", [logarithm, place], [("axis", 1)]), 1); // [N]
        var mean = b.ReduceMean(logarithm, [-1], keepDims: false); // [N]
        var losses = b.Neg(b.Add(b.Mul(own, rest), b.Mul(mean, share)));
        var loss = b.ReduceSumAll(b.Where(ignored, b.Constant(0f), losses));

        var classes = b.Cast(b.Shape(scores, 1, 2), ElementType.Float); // [1]
        var difference = b.Sub(b.Exp(logarithm), b.Div(share, classes));
        difference = b.ScatterElements(difference, place, b.Sub(b.Op("GatherElements", [difference, place], [("axis", 1)]), rest), 1);
        return [loss, b.Mul(difference, b.Unsqueeze(b.Where(ignored, b.Constant(0f), dY), 1))];
    }

    /// <summary>A product taken apart: a number times values, whatever shapes it takes on the way.</summary>
    private sealed record Factors(double Number, IReadOnlyList<Value> Others)
    {
        public static Factors Of(Value value) => value switch
        {
            { ConstantData: { Type: ElementType.Float, Count: 1 } data } => new(data.As<float>()[0], []),
            { Producer: { OpType: "Mul", Domain: "" } node } => Times(Of(node.Inputs[0]!), Of(node.Inputs[1]!)),
            { Producer: { OpType: "Neg", Domain: "" } node } => Times(new(-1, []), Of(node.Inputs[0]!)),
            { Producer: { OpType: "Expand" or "Unsqueeze" or "Reshape", Domain: "" } node } when node.Inputs[0]!.Shape is { IsStatic: true } shape && shape.All(dim => dim.Value == 1) => Of(node.Inputs[0]!),
            _ => new(1, [value]),
        };

        private static Factors Times(Factors a, Factors b) => new(a.Number * b.Number, [.. a.Others, .. b.Others]);
    }
}
