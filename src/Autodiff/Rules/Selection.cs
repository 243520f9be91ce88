using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Operators that take elements out by index, or put some in. Where an index may repeat, ScatterElements adds up (ScatterND loses some where threads run).</summary>
internal static class Selection
{
    public static IReadOnlyList<Value?> GatherElements(GradientContext c) => [Ungathered(c, c.Dy, c.X(1), 0), null];

    public static IReadOnlyList<Value?> GatherNd(GradientContext c) =>
        [c.Build.Op("GatherNDGrad", [c.ShapeOf(c.X(0)), c.X(1), c.Dy], [("batch_dims", c.Node.Int("batch_dims", 0))], "ai.onnxpipeline"), null];

    // The values' gradients where they were taken from
    public static IReadOnlyList<Value?> TopK(GradientContext c) => [Ungathered(c, c.Dy, c.Y(1), -1), null];

    // What was overwritten has no influence; an update has that of its place.
    public static IReadOnlyList<Value?> ScatterElements(GradientContext c)
    {
        var axis = c.Node.Int("axis", 0);
        return
        [
            !c.Needs(0) ? null : Adds(c) ? c.Dy : c.Build.ScatterElements(c.Dy, c.X(1), c.ZerosLike(c.X(2)), axis),
            null,
            !c.Needs(2) ? null : c.Build.Op("GatherElements", [c.Dy, c.X(1)], [("axis", axis)]),
        ];
    }

    public static IReadOnlyList<Value?> ScatterNd(GradientContext c) =>
    [
        !c.Needs(0) ? null : Adds(c) ? c.Dy : c.Build.Op("ScatterND", [c.Dy, c.X(1), c.ZerosLike(c.X(2))]),
        null,
        !c.Needs(2) ? null : c.Build.Op("GatherND", [c.Dy, c.X(1)]),
    ];

    private static Value Ungathered(GradientContext c, Value dy, Value indices, long axis) =>
        c.Build.Op("GatherElementsGrad", [dy, c.ShapeOf(c.X(0)), indices], [("axis", c.Node.Int("axis", axis))], "com.microsoft");

    private static bool Adds(GradientContext c) => c.Node.Text("reduction", "none") switch
    {
        "none" => false,
        "add" => true,
        var other => throw new AutodiffException($"{c.Node.Describe()}: no gradient with reduction {other}, only with none and add. Freeze the parameters before it, or write Mul, Max or Min on gathered elements instead."),
    };
}
