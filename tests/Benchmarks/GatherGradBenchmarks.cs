using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>The gradient of an embedding, alone and (tied weights) added to another: BERT's vocabulary for 2,048 tokens, 65 characters for 768.</summary>
public class GatherGradBenchmarks : GraphBenchmark
{
    [Params(30_522, 65)]
    public int Rows { get; set; }

    [Params(true, false)]
    public bool Tied { get; set; }

    private int Width => Rows == 65 ? 128 : 512;

    private int Count => Rows == 65 ? 768 : 2048;

    protected override void Write(GraphBuilder b)
    {
        var indices = b.Input("indices", ElementType.Int64, [Count]);
        var dY = b.Input("dY", ElementType.Float, [Count, Width]);
        var other = b.Input("other", ElementType.Float, [Rows, Width]);
        var dX = b.Op("GatherGrad", [b.Constant(Rows, Width), indices, dY], domain: "com.microsoft");
        dX.Type = new TensorType(ElementType.Float, [Rows, Width]);
        b.Output(Tied ? b.Add(other, dX) : dX, "dX");
    }

    protected override IEnumerable<Tensor> Inputs()
    {
        var random = new Random(1);
        yield return Tensor.Vector<long>([.. Enumerable.Range(0, Count).Select(_ => random.NextInt64(Rows))]);
        yield return Tensor.From<float>(Data.Uniform(Count * Width, -1, 1), Count, Width);
        yield return Tensor.From<float>(Data.Uniform(Rows * Width, -1, 1), Rows, Width);
    }
}
