using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>A classifier of short sequences: an LSTM, a GRU over its outputs, a linear layer on the last state.</summary>
internal static class RecurrentNetwork
{
    private const int Length = 5, Width = 3, Hidden = 4, Classes = 3;

    /// <summary>Writes <c>model.onnx</c>: x [batch, 5, 3] → logits [batch, 3].</summary>
    public static string WriteModel(string folder)
    {
        var random = new Random(9);
        var b = new GraphBuilder(new Graph("sequences"), 18);
        var x = b.Transpose(b.Input("x", ElementType.Float, ["batch", Length, Width]), 1, 0, 2); // [5, batch, 3]
        var lstm = b.Ops("LSTM", [x, Weight("lstm.w", 1, 4 * Hidden, Width), Weight("lstm.r", 1, 4 * Hidden, Hidden), Weight("lstm.b", 1, 8 * Hidden)], 1, [("hidden_size", Hidden)]);
        var y = b.Squeeze(lstm.Outputs[0], 1); // [5, 1, batch, 4] → [5, batch, 4]
        var gru = b.Ops("GRU", [y, Weight("gru.w", 1, 3 * Hidden, Hidden), Weight("gru.r", 1, 3 * Hidden, Hidden), Weight("gru.b", 1, 6 * Hidden)], 2, [("hidden_size", Hidden), ("linear_before_reset", 1)]);
        b.Output(b.Gemm(b.Squeeze(gru.Outputs[1], 0), Weight("fc.weight", Hidden, Classes), Weight("fc.bias", Classes)), "logits");
        var model = new Model(b.Graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        var path = Path.Combine(folder, "model.onnx");
        ModelFile.Save(model, path);
        return path;

        Value Weight(string name, params long[] dims) =>
            b.Initializer(name, Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(_ => random.NextSingle() - 0.5f)], dims));
    }

    public static NamedTensor[] Rows(int rows)
    {
        var random = new Random(10);
        var x = Enumerable.Range(0, rows * Length * Width).Select(_ => random.NextSingle() * 2 - 1).ToArray();
        return [new("x", Tensor.From<float>(x, rows, Length, Width)), new("labels", Tensor.Vector<long>([.. Enumerable.Range(0, rows).Select(i => (long)i % Classes)]))];
    }
}
