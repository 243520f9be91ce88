using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>The gradient of an embedding, alone and (tied weights) added to another: BERT's vocabulary for 2,048 tokens, 65 characters for 768.</summary>
public sealed class GatherGradBenchmarks : IDisposable
{
    private BoundGraph _graph = null!;

    [Params(30_522, 65)]
    public int Rows { get; set; }

    [Params(true, false)]
    public bool Tied { get; set; }

    [Params(true, false)]
    public bool Kernel { get; set; }

    [GlobalSetup]
    public void Open()
    {
        var (width, count) = Rows == 65 ? (128, 768) : (512, 2048);
        var random = new Random(1);
        List<Tensor> inputs =
        [
            Tensor.Vector<long>([.. Enumerable.Range(0, count).Select(_ => random.NextInt64(Rows))]),
            Tensor.From<float>(Data.Uniform(count * width, -1, 1), count, width),
        ];
        if (Tied)
        {
            inputs.Add(Tensor.From<float>(Data.Uniform(Rows * width, -1, 1), Rows, width));
        }

        _graph = new BoundGraph(
            b =>
            {
                var indices = b.Input("indices", ElementType.Int64, [count]);
                var dY = b.Input("dY", ElementType.Float, [count, width]);
                var dX = b.Op("GatherGrad", [b.Constant(Rows, width), indices, dY], domain: "com.microsoft");
                dX.Type = new TensorType(ElementType.Float, [Rows, width]);
                b.Output(Tied ? b.Add(b.Input("other", ElementType.Float, [Rows, width]), dX) : dX, "dX");
            },
            Kernel, [.. inputs]);
    }

    [GlobalCleanup]
    public void Dispose() => _graph.Dispose();

    [Benchmark]
    public void Run() => _graph.Run();
}
