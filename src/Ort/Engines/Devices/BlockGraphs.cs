using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary>
/// The arithmetic on blocks as ONNX graphs over float32 vectors [n]. What changes from call to call comes in one vector <c>numbers</c>. An output may be bound
/// to the memory of the input it replaces: each element is read before it is written, by the nodes that depend on it.
/// </summary>
internal static class BlockGraphs
{
    public const int Opset = 18;

    /// <summary>A vector given to <see cref="SquareSum"/> is as long as a multiple of this.</summary>
    public const int RowLength = 1024;

    /// <summary>numbers = [w]; result = x·w.</summary>
    public static Model Scale() => Make("scale", (b, numbers) => b.Output(b.Mul(Vector(b, "x"), numbers[0]), "result"), 1);

    /// <summary>numbers = [w]; result = total + added·w.</summary>
    public static Model AddScaled() => Make("add_scaled", (b, numbers) => b.Output(b.Add(Vector(b, "total"), b.Mul(Vector(b, "added"), numbers[0])), "result"), 1);

    /// <summary>result = Σ x², float64, rows of <see cref="RowLength"/> summed in float32.</summary>
    public static Model SquareSum()
    {
        var b = new GraphBuilder(new Graph("square_sum"), Opset);
        var rows = b.Reshape(Vector(b, "x"), b.Constant(-1, RowLength)); // [n / RowLength, RowLength]
        var sums = b.Op("ReduceSumSquare", [rows, b.Constant([1L])], [("keepdims", 0)]); // [n / RowLength]
        b.Output(b.ReduceSumAll(b.Cast(sums, ElementType.Double)), "result");
        return ModelOf(b);
    }

    /// <summary>
    /// AdamW as <see cref="Kernels.AdamW"/> has it; numbers are <see cref="Kernels.AdamWFactors"/> in their order: gradient scale, root scale, −size,
    /// −decay before, −decay after.
    /// </summary>
    public static Model AdamW(OptimizerSettings settings) => Make("adamw", (b, numbers) =>
    {
        var p = Vector(b, "parameter");
        var g = b.Mul(Vector(b, "gradient"), numbers[0]);
        var m = b.Add(b.Mul(Vector(b, "momentum0"), Constant(settings.Beta1)), b.Mul(g, Constant((float)(1.0 - settings.Beta1))));
        var v = b.Add(b.Mul(Vector(b, "momentum1"), Constant(settings.Beta2)), b.Mul(b.Mul(g, g), Constant((float)(1.0 - settings.Beta2))));
        if (settings.AdamMode == 0)
        {
            p = b.Add(p, b.Mul(p, numbers[3]));
        }

        p = b.Add(p, b.Mul(b.Div(m, b.Add(b.Mul(b.Sqrt(v), numbers[1]), Constant(settings.Epsilon))), numbers[2]));
        if (settings.AdamMode == 1)
        {
            p = b.Add(p, b.Mul(p, numbers[4]));
        }

        b.Output(p, "parameter_new");
        b.Output(m, "momentum0_new");
        b.Output(v, "momentum1_new");

        Value Constant(float value) => b.Constant(value);
    }, 5);

    /// <summary>SGD as <see cref="Kernels.Sgd"/> has it; numbers = [gradient scale, weight decay, −learning rate].</summary>
    public static Model Sgd(OptimizerSettings settings) => Make("sgd", (b, numbers) =>
    {
        var p = Vector(b, "parameter");
        var g = b.Add(b.Mul(p, numbers[1]), b.Mul(Vector(b, "gradient"), numbers[0]));
        var step = settings.Momentum == 0 ? g : b.Add(b.Mul(Vector(b, "momentum0"), b.Constant(settings.Momentum)), g);
        b.Output(b.Add(p, b.Mul(step, numbers[2])), "parameter_new");
        if (settings.Momentum != 0)
        {
            b.Output(step, "momentum0_new");
        }
    }, 3);

    public static Model ModelOf(GraphBuilder build)
    {
        var model = new Model(build.Graph) { IrVersion = 8 };
        model.OpsetImports.Add("", Opset);
        return model;
    }

    /// <param name="write">Writes the graph; takes <c>numbers</c> as tensors [1].</param>
    private static Model Make(string name, Action<GraphBuilder, IReadOnlyList<Value>> write, int count)
    {
        var b = new GraphBuilder(new Graph(name), Opset);
        var numbers = b.Input("numbers", ElementType.Float, [count]);
        write(b, count == 1 ? [numbers] : b.Split(numbers, b.Constant([.. Enumerable.Repeat(1L, count)]), count, 0));
        return ModelOf(b);
    }

    private static Value Vector(GraphBuilder b, string name) => b.Input(name, ElementType.Float, ["n"]);
}
