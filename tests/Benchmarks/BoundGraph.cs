using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Native;
using OnnxPipeline.Ort.StepGraph;

namespace OnnxPipeline.Benchmarks;

/// <summary>A small graph as training engines run it, in memory bound once: with fusions and C# kernels, or with the bodies.</summary>
internal sealed class BoundGraph : IDisposable
{
    private readonly BoundSession _session;
    private readonly List<NativeBlock> _blocks = [];

    /// <param name="write">Writes the graph; shapes of outputs that are known are bound too.</param>
    /// <param name="inputs">In the order of the graph's.</param>
    public BoundGraph(Action<GraphBuilder> write, SessionSettings settings, params ReadOnlySpan<Tensor> inputs)
    {
        var model = new Model(new Graph("benchmark")) { OpsetImports = { [""] = 20, ["com.microsoft"] = 1, ["ai.onnxpipeline"] = 1 } };
        write(new GraphBuilder(model.Graph, 20));
        _session = new BoundSession(ModelFile.ToBytes(Derivation.OfEvaluation(model, settings.Kernels)), "benchmark", settings);
        for (var i = 0; i < inputs.Length; i++)
        {
            _session.BindInput(i, Bind(inputs[i].Type, inputs[i].Dims.ToArray(), inputs[i].Bytes.Span));
        }

        for (var i = 0; i < _session.Outputs.Count; i++)
        {
            var spec = _session.Outputs[i];
            _session.BindOutput(i, spec.Dims.All(dim => dim >= 0) ? Bind(spec.Type, [.. spec.Dims], []) : 0);
        }
    }

    public void Run() => _session.Run();

    public void Dispose()
    {
        _session.Dispose();
        _blocks.ForEach(block => block.Dispose());
    }

    private unsafe nint Bind(ElementType type, long[] dims, ReadOnlySpan<byte> values)
    {
        var block = new NativeBlock(type.ByteCount(dims.Aggregate(1L, (count, dim) => count * dim)));
        values.CopyTo(new Span<byte>(block.Start, checked((int)block.Length)));
        _blocks.Add(block);
        return NativeApi.CreateTensor(block.Start, block.Length, dims, (int)type);
    }
}
