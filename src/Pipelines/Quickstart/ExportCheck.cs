using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Pipelines;

/// <summary>Whether an exported model computes what was trained: both graphs get the same inputs, and their outputs are compared.</summary>
public static class ExportCheck
{
    /// <summary>What the two graphs are given.</summary>
    /// <param name="Inputs">Of the exported model.</param>
    /// <param name="Labels">The further input of the evaluation graph.</param>
    public sealed record Case(IReadOnlyList<NamedTensor> Inputs, NamedTensor Labels);

    /// <summary>The greatest absolute difference between the exported model's output and the same value inside the evaluation graph.</summary>
    /// <param name="artifacts">What was trained; the compared value is the one that feeds the loss.</param>
    /// <param name="parameters">By name, those of the checkpoint that was exported.</param>
    /// <param name="exported">The exported model's file.</param>
    /// <exception cref="PipelineException">A graph cannot be read or computed, or the evaluation graph has no such value.</exception>
    public static double MaxDifference(ArtifactFolder artifacts, TensorFile parameters, string exported, IReadOnlyList<Case> cases, int threads)
    {
        var settings = new SessionSettings { Threads = threads };
        var compared = artifacts.Manifest?.Loss?.Input ?? throw new PipelineFailedException($"{artifacts.Folder} has no manifest that says what the loss is made of.");
        using var trained = Session.Open(WithOutput(artifacts.EvalModel, compared), artifacts.EvalModel, settings);
        using var plain = Session.Open(exported, settings);
        return cases.Max(one =>
        {
            var given = trained.Inputs.Select(input =>
                one.Inputs.Append(one.Labels).FirstOrDefault(tensor => tensor.Name == input.Name) ?? new NamedTensor(input.Name, parameters[input.Name])).ToList();
            return Difference(trained.Run(given, [compared])[0].Tensor.As<float>(), plain.Run(one.Inputs, [compared])[0].Tensor.As<float>());
        });
    }

    private static byte[] WithOutput(string path, string name)
    {
        var model = ModelFile.Load(path);
        var graph = model.Graph;
        if (!graph.Outputs.Exists(output => output.Name == name))
        {
            graph.Outputs.Add(graph.Nodes.SelectMany(node => node.Outputs).FirstOrDefault(value => value.Name == name)
                ?? throw new PipelineFailedException($"{path} has no value '{name}', which feeds the loss."));
        }

        return ModelFile.ToBytes(model);
    }

    private static double Difference(ReadOnlySpan<float> wanted, ReadOnlySpan<float> found)
    {
        var difference = wanted.Length == found.Length ? 0.0 : double.PositiveInfinity;
        for (var i = 0; i < wanted.Length && i < found.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs((double)wanted[i] - found[i])); // NaN stays
        }

        return difference;
    }
}
