using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>Gelu, forward and gradient, alone and after the addition of a bias: 128×16 tokens of BERT 4/8/512, 64×12 of GPT 4/4/128.</summary>
public class GeluBenchmarks : GraphBenchmark
{
    [Params(2048, 768)]
    public int Rows { get; set; }

    [Params("none", "tanh")]
    public string Approximate { get; set; } = "none";

    [Params(true, false)]
    public bool Gradient { get; set; }

    [Params(true, false)]
    public bool Bias { get; set; }

    private int Width => Rows == 2048 ? 2048 : 512;

    protected override void Write(GraphBuilder b)
    {
        var x = b.Input("x", ElementType.Float, [Rows, Width]);
        var bias = b.Input("bias", ElementType.Float, [Width]);
        var dY = b.Input("dY", ElementType.Float, [Rows, Width]);
        var sum = Bias ? b.Add(x, bias) : x;
        if (!Gradient)
        {
            b.Output(b.Op("Gelu", [sum], [("approximate", Approximate)]), "y");
            return;
        }

        var name = Approximate == "tanh" ? "FastGelu" : "Gelu";
        var dX = Bias
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
