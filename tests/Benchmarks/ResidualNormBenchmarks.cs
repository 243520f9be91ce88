using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>Residual sum and norm, forward and backward: 2,048 rows of 512 (BERT), 768 of 128 (GPT).</summary>
public class ResidualNormBenchmarks : GraphBenchmark
{
    [Params(512, 128)]
    public int Width { get; set; }

    [Params(true, false)]
    public bool Backward { get; set; }

    private int Rows => Width == 128 ? 768 : 2048;

    protected override void Write(GraphBuilder b)
    {
        Value Input(string name, params long[] dims) => b.Input(name, ElementType.Float, Shape.Of(dims));

        var (x, branch, scale) = (Input("x", Rows, Width), Input("branch", Rows, Width), Input("scale", Width));
        var (mean, inverse) = (Input("mean", Rows, 1), Input("inverse", Rows, 1));
        if (Backward)
        {
            var node = b.Ops("LayerNormalizationGrad", [branch, x, scale, mean, inverse], 3, [("axis", -1)], "com.microsoft");
            (node.Outputs[0].Type, node.Outputs[1].Type, node.Outputs[2].Type) = (x.Type, scale.Type, scale.Type);
            b.Output(b.Add(node.Outputs[0], x), "dX");
            b.Output(node.Outputs[1], "dScale");
            b.Output(node.Outputs[2], "dBias");
            return;
        }

        var sum = b.Add(x, branch);
        b.Output(b.LayerNormalization(sum, scale, scale, -1, 1e-5f), "y");
        b.Output(sum, "sum");
    }

    protected override IEnumerable<Tensor> Inputs() =>
        new[] { (Rows, Width), (Rows, Width), (Width, 0), (Rows, 1), (Rows, 1) }.Select(dims => dims.Item2 == 0
            ? Tensor.From<float>(Data.Uniform(dims.Item1, -1, 1), dims.Item1)
            : Tensor.From<float>(Data.Uniform(dims.Item1 * dims.Item2, 0, 1), dims.Item1, dims.Item2));
}
