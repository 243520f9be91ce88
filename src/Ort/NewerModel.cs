using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort;

/// <summary>Models of later versions of ONNX than the runtime knows, written in the operators that it has.</summary>
internal static class NewerModel
{
    /// <summary>A protobuf message ends at 2 GiB.</summary>
    private const long MostInline = 1L << 30;

    /// <summary>The newest versions that a runtime loads, by its own version: the first entry that is not newer counts.</summary>
    private static readonly (Version Runtime, int Opset, int IrVersion)[] Limits = [(new(1, 31), 26, 13), (new(1, 19), 21, 10)];

    /// <summary>The model as the runtime can run it; null where it runs the file as it is (or says itself what is wrong with it).</summary>
    /// <exception cref="PipelineException">A node has no form in older operators; the message names it.</exception>
    public static Model? Lowered(string path)
    {
        var (_, opset, irVersion) = Limits.FirstOrDefault(limit => limit.Runtime <= Version.Parse(NativeRuntime.Version), Limits[^1]);
        if (ModelHeader.Read(path) is not { } header || (header.Opset <= OpsetLowering.Opset && header.IrVersion <= irVersion))
        {
            return null;
        }

        var model = ModelFile.Load(path);
        if (header.Opset <= opset && header.IrVersion <= irVersion && !HasSwish(model))
        {
            return null;
        }

        ShapeInference.Infer(model); // forms depend on ranks
        OpsetLowering.Lower(model);
        model.IrVersion = Math.Min(model.IrVersion, irVersion);
        return model;
    }

    /// <summary>The model's bytes; where its weights are too many for one message, these become inputs, which are read where they lie.</summary>
    public static (byte[] Model, IReadOnlyList<NamedTensor> Held) ToBytes(Model model, long mostInline = MostInline)
    {
        var graph = model.Graph;
        if (graph.Initializers.Sum(value => (long)value.Initializer!.Bytes.Length) <= mostInline)
        {
            return (ModelFile.ToBytes(model), []);
        }

        List<NamedTensor> held = [.. graph.Initializers.Where(value => value.Initializer!.Dims.Count > 1).Select(value => new NamedTensor(value.Name, value.Initializer!))];
        foreach (var value in graph.Initializers.Where(value => value.Initializer!.Dims.Count > 1).ToList())
        {
            graph.Initializers.Remove(value);
            graph.Inputs.Remove(value);
            graph.Inputs.Add(value);
            value.Initializer = null;
        }

        return (ModelFile.ToBytes(model), held);
    }

    /// <summary>ONNX Runtime 1.31 finds this operator in models of opset 24 only.</summary>
    private static bool HasSwish(Model model) => model.Opset > 24 && model.Graph.AllNodes().Any(node => node is { OpType: "Swish", Domain.Length: 0 });
}
