using System.Diagnostics;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>What this machine can do at most.</summary>
/// <param name="Products">Multiplications a second (each with an addition) of ONNX Runtime's matrix product.</param>
/// <param name="Bytes">A second, read or written, of memory beyond the caches.</param>
internal sealed record MachineLimits(double Products, double Bytes)
{
    private const int Rounds = 7;

    /// <summary>The best of several rounds, each with products of the size of the feed-forward part of <paramref name="case"/>.</summary>
    public static MachineLimits Measure(LanguageCase @case) => new(ProductRate(@case.Batch * @case.Length, @case.Width), ByteRate());

    private static double ProductRate(int rows, int width)
    {
        const int pairs = 4;
        var graph = new Graph("products");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, [rows, width]);
        for (var i = 0; i < pairs; i++)
        {
            x = b.MatMul(x, b.Initializer($"up{i}", Tensor.From<float>(Data.Uniform(4 * width * width, -0.01f, 0.01f), width, 4 * width))); // [rows, 4·width]
            x = b.MatMul(x, b.Initializer($"down{i}", Tensor.From<float>(Data.Uniform(4 * width * width, -0.01f, 0.01f), 4 * width, width))); // [rows, width]
        }

        b.Output(x, "y");
        using var session = Session.Open(ModelFile.ToBytes(new Model(graph) { OpsetImports = { [""] = 18 } }), "products");
        NamedTensor[] given = [new("x", Tensor.From<float>(Data.Uniform(rows * width, -1, 1), rows, width))];
        var calls = Math.Max(1, (int)(2e10 / (pairs * 8.0 * rows * width * width)));
        return calls * pairs * 8.0 * rows * width * width / Best(() =>
        {
            for (var i = 0; i < calls; i++)
            {
                session.Run(given, ["y"]);
            }
        });
    }

    private static double ByteRate()
    {
        const int length = 32 << 20;
        var (from, to) = (new float[length], new float[length]);
        Array.Fill(from, 1);
        var each = length / PhysicalCores.Count;
        return 2.0 * sizeof(float) * each * PhysicalCores.Count / Best(() => Parallel.For(0, PhysicalCores.Count, i => from.AsSpan(i * each, each).CopyTo(to.AsSpan(i * each, each))));
    }

    private static double Best(Action action)
    {
        action();
        return Enumerable.Range(0, Rounds).Min(_ =>
        {
            var start = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }
}
