using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Benchmarks;

/// <summary>A small graph with fusions and C# kernels beside the same graph with the bodies.</summary>
public abstract class GraphBenchmark
{
    private Action _run = () => { };
    private Action _close = () => { };

    [Params(true, false)]
    public bool Kernel { get; set; }

    public int Threads { get; set; } = PhysicalCores.Count;

    [GlobalSetup]
    public void Open()
    {
        var graph = new BoundGraph(Write, new SessionSettings { Kernels = Kernel, Threads = Threads }, [.. Inputs()]);
        (_run, _close) = (graph.Run, graph.Dispose);
    }

    [GlobalCleanup]
    public void Close() => _close();

    [Benchmark]
    public void Run() => _run();

    /// <summary>Inputs have the names and order of <see cref="Inputs"/>.</summary>
    protected abstract void Write(GraphBuilder b);

    protected abstract IEnumerable<Tensor> Inputs();
}
