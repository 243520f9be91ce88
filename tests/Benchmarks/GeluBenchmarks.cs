using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>Gelu after the addition of a bias, its gradient, and that of Gelu alone: 128×16 tokens of BERT 4/8/512, 64×12 of GPT 4/4/128.</summary>
public class GeluBenchmarks : GraphBenchmark
{
    [Params(2048, 768)]
    public int Rows { get; set; }

    [Params("none", "tanh")]
    public string Approximate { get; set; } = "none";

    [Params("bias", "bias, gradient", "gradient")]
    public string Form { get; set; } = "bias";

    private int Width => Rows == 2048 ? 2048 : 512;

    protected override void Write(GraphBuilder b)
    {
        var x = b.Input("x", ElementType.Float, [Rows, Width]);
        var bias = b.Input("bias", ElementType.Float, [Width]);
        var dY = b.Input("dY", ElementType.Float, [Rows, Width]);
        if (Form == "bias")
        {
            b.Output(b.Op("Gelu", [b.Add(x, bias)], [("approximate", Approximate)]), "y");
            return;
        }

        var name = Approximate == "tanh" ? "FastGelu" : "Gelu";
        var dX = Form != "gradient"
            ? b.Op($"Bias{name}Grad_dX", [dY, x, bias], domain: "com.microsoft")
            : b.Op($"{name}Grad", [dY, x], domain: "com.microsoft");
        b.Output(dX, "dX");
    }

    protected override IEnumerable<Tensor> Inputs()
    {
        yield return Tensor.From<float>(Data.Uniform(Rows * Width, -4, 4), Rows, Width);
        yield return Tensor.From<float>(Data.Uniform(Width, -1, 1), Width);
        yield return Tensor.From<float>(Data.Uniform(Rows * Width, -1, 1), Rows, Width);
    }
}
