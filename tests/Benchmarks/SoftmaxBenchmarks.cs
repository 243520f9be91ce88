using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// Attention's softmax of scores + mask and of scores / √d + mask, and the gradients of the scores. 128×16 tokens of BERT 4/8/512 with its mask for
/// each row of the batch, 64×12 of GPT 4/4/128 with a mask for each position.
/// </summary>
public class SoftmaxBenchmarks : GraphBenchmark
{
    [Params(128, 64)]
    public int Length { get; set; }

    [Params(true, false)]
    public bool Scaled { get; set; }

    [Params(true, false)]
    public bool Gradient { get; set; }

    private bool Bert => Length == 128;

    private long[] Scores => Bert ? [16, 8, Length, Length] : [12, 4, Length, Length];

    private long[] Mask => Bert ? [16, 1, 1, Length] : [12, 1, Length, Length];

    protected override void Write(GraphBuilder b)
    {
        var first = b.Input("first", ElementType.Float, Shape.Of(Scores)); // the scores, or dY
        var mask = b.Input("mask", ElementType.Float, Shape.Of(Mask));
        var y = b.Input("probabilities", ElementType.Float, Shape.Of(Scores));
        if (Gradient)
        {
            var dX = b.Op("SoftmaxGrad_13", [first, y], [("axis", -1)], "com.microsoft");
            b.Output(Scaled ? b.Div(dX, b.Constant(8f)) : dX, "dX");
            return;
        }

        b.Output(b.Softmax(b.Add(Scaled ? b.Div(first, b.Constant(8f)) : first, mask)), "y");
    }

    protected override IEnumerable<Tensor> Inputs()
    {
        yield return Random(Scores, -10);
        yield return Random(Mask, -1);
        yield return Random(Scores, 0);
    }

    private static Tensor Random(long[] dims, float low) => Tensor.From<float>(Data.Uniform((int)dims.Aggregate(1L, (n, d) => n * d), low, low + 1), dims);
}
