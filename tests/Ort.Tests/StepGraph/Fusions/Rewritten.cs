using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.StepGraph;
using OnnxPipeline.Ort.StepGraph.Fusions;

namespace OnnxPipeline.Ort.Tests.StepGraph.Fusions;

/// <summary>A graph as it is written down, and after the fusions.</summary>
internal sealed class Rewritten
{
    private readonly Model _plain;

    private Rewritten(Model plain, Model fused, IReadOnlyList<string> declined) => (_plain, Fused, Declined) = (plain, fused, declined);

    public Model Fused { get; }

    public IReadOnlyList<string> Declined { get; }

    public IEnumerable<string> Operators => Fused.Graph.Nodes.Select(node => node.OpType);

    public static Rewritten Of(Action<GraphBuilder> write)
    {
        var (plain, fused) = (Written(write), Written(write));
        ShapeInference.Infer(fused);
        var declined = FusionTable.Apply(fused.Graph, fused.Opset);
        DeadCode.Remove(fused.Graph);
        OperatorLibrary.Instance.AddBodies(plain);
        OperatorLibrary.Instance.AddBodies(fused);
        ModelVerifier.Check(fused);
        return new(plain, fused, declined);
    }

    /// <summary>On C# kernels the fused graph gives what the plain one gives.</summary>
    public void AssertSameOutputs(double tolerance, params Tensor[] inputs)
    {
        var named = _plain.Graph.Inputs.Zip(inputs, (input, tensor) => new NamedTensor(input.Name, tensor)).ToList();
        using var plain = Session.Open(ModelFile.ToBytes(_plain), "plain");
        using var fused = Session.OpenWithKernels(ModelFile.ToBytes(Fused), "fused");
        foreach (var (found, wanted) in fused.Run(named).Zip(plain.Run(named)))
        {
            Assert.That(found.Tensor.Dims, Is.EqualTo(wanted.Tensor.Dims), found.Name);
            Assert.That(found.Tensor.As<float>().ToArray(), Is.EqualTo(wanted.Tensor.As<float>().ToArray()).Within(tolerance), found.Name);
        }
    }

    public static Tensor Numbers(int seed, params long[] dims)
    {
        var random = new Random(seed);
        return Tensor.From<float>([.. Enumerable.Range(0, (int)dims.Aggregate(1L, (n, d) => n * d)).Select(_ => (random.NextSingle() * 4) - 2)], dims);
    }

    private static Model Written(Action<GraphBuilder> write)
    {
        var model = new Model(new Graph("fusion"));
        model.OpsetImports.Add("", 18);
        model.OpsetImports.Add("com.microsoft", 1);
        model.OpsetImports.Add("ai.onnxpipeline", 1);
        write(new GraphBuilder(model.Graph, 18));
        return model;
    }
}
