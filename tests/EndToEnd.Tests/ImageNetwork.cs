using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>A small convolutional classifier: two convolutions, two kinds of pooling, a linear layer; a BatchNormalization and a Resize on demand.</summary>
internal static class ImageNetwork
{
    public const int Side = 8, Classes = 3;

    private const int Channels = 2, Inner = 4;

    /// <summary>Writes <c>model.onnx</c>: x [batch, 2, 8, 8] → logits [batch, 3].</summary>
    /// <param name="normalized">Whether the first convolution has a BatchNormalization <c>bn</c>.</param>
    /// <param name="resized">Whether the first convolution's result is enlarged to twice its sides.</param>
    public static string WriteModel(string folder, bool normalized = false, bool resized = false)
    {
        var random = new Random(5);
        var graph = new Graph("images");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["batch", Channels, Side, Side]);
        var y = b.Op("Conv", [x, Weight("conv1.weight", Inner, Channels, 3, 3), Weight("conv1.bias", Inner)], [("pads", new long[] { 1, 1, 1, 1 })]);
        if (normalized)
        {
            y = b.Op("BatchNormalization", [y, Weight("bn.weight", Inner), Weight("bn.bias", Inner), Weight("bn.running_mean", Inner), b.Initializer("bn.running_var", Tensor.Vector<float>(1, 2, 1, 0.5f))]);
        }

        y = b.Op("Relu", [y]);
        var window = resized ? 4L : 2L;
        if (resized)
        {
            y = b.Op("Resize", [y, null, b.Constant(Tensor.Vector<float>(1, 1, 2, 2))], [("mode", "linear")]); // [batch, 4, 16, 16]
        }

        y = b.Op("MaxPool", [y], [("kernel_shape", new[] { window, window }), ("strides", new[] { window, window })]); // [batch, 4, 4, 4]
        y = b.Op("Relu", [b.Op("Conv", [y, Weight("conv2.weight", Inner, Inner, 3, 3), Weight("conv2.bias", Inner)], [("strides", new long[] { 2, 2 }), ("pads", new long[] { 1, 1, 1, 1 })])]);
        y = b.Op("AveragePool", [y], [("kernel_shape", new long[] { 2, 2 })]);
        b.Output(b.Gemm(b.Op("Flatten", [y]), Weight("fc.weight", Inner, Classes), Weight("fc.bias", Classes)), "logits");
        var model = new Model(graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        var path = Path.Combine(folder, "model.onnx");
        ModelFile.Save(model, path);
        return path;

        Value Weight(string name, params ReadOnlySpan<long> dims)
        {
            long count = 1;
            foreach (var dim in dims)
            {
                count *= dim;
            }

            return b.Initializer(name, Tensor.From<float>([.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle() - 0.5f)], dims));
        }
    }

    public static NamedTensor[] Rows(int rows)
    {
        var random = new Random(6);
        var x = Enumerable.Range(0, rows * Channels * Side * Side).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        return [new("x", Tensor.From<float>(x, rows, Channels, Side, Side)), new("labels", Tensor.Vector<long>([.. Enumerable.Range(0, rows).Select(i => (long)i % Classes)]))];
    }
}
