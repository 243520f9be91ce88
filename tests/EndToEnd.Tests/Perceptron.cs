using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>A classifier of two layers and a Dropout between them, and examples for it.</summary>
internal static class Perceptron
{
    public const int Examples = 50;

    /// <summary>Writes <c>model.onnx</c>: x [batch, 6] → logits [batch, 3].</summary>
    /// <param name="normalized">Whether the first layer has a BatchNormalization <c>bn</c>.</param>
    public static string WriteModel(string folder, float dropout = 0.1f, int hidden = 8, bool normalized = false)
    {
        var random = new Random(1);
        var graph = new Graph("perceptron");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["batch", 6]);
        var activated = b.Gemm(x, Weight("fc1.weight", 6, hidden), Weight("fc1.bias", hidden));
        if (normalized)
        {
            var ones = Tensor.Vector<float>([.. Enumerable.Repeat(1f, hidden)]);
            activated = b.Op("BatchNormalization", [activated, Weight("bn.weight", hidden), Weight("bn.bias", hidden), Weight("bn.running_mean", hidden), b.Initializer("bn.running_var", ones)]);
        }

        activated = b.Tanh(activated);
        if (dropout > 0)
        {
            activated = b.Op("Dropout", [activated, b.Initializer("ratio", Tensor.Scalar(dropout)), b.Initializer("training", Tensor.Scalar(true))]);
        }

        b.Output(b.Gemm(activated, Weight("fc2.weight", hidden, 3), Weight("fc2.bias", 3)), "logits");
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

    /// <summary>Writes <c>data.safetensors</c>: <c>x</c> and <c>labels</c>.</summary>
    public static string WriteData(string folder)
    {
        var random = new Random(2);
        var x = Enumerable.Range(0, Examples * 6).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        var labels = Enumerable.Range(0, Examples).Select(i => (long)(x[6 * i] > 0.3 ? 2 : x[6 * i + 1] > 0 ? 1 : 0)).ToArray();
        var path = Path.Combine(folder, "data.safetensors");
        TensorFile.Write(path, [new("x", Tensor.From<float>(x, Examples, 6)), new("labels", Tensor.Vector<long>(labels))]);
        return path;
    }
}
