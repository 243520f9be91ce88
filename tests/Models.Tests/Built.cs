using System.Text;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Models.Tests;

/// <summary>A model built from a configuration written as JSON, and what ONNX Runtime computes with it.</summary>
internal sealed class Built : IDisposable
{
    private readonly Session _session;

    public Built(string json, string head = "clm", bool withLoss = false, long seed = 1, double smoothing = 0)
    {
        Model = FamilyTable.Build(Config(json), new BuildOptions(head, withLoss, seed, smoothing));
        _session = Session.Open(ModelFile.ToBytes(Model), "built");
        Parameters = Model.Graph.Initializers.ToDictionary(v => v.Name, v => v.Initializer!);
    }

    public Model Model { get; }

    public IReadOnlyDictionary<string, Tensor> Parameters { get; }

    public static ConfigFile Config(string json) => ConfigFile.Parse(Encoding.UTF8.GetBytes(json), "config.json");

    /// <summary>[rows, columns] int64.</summary>
    public static Tensor Rows(params long[][] rows) => Tensor.From<long>(rows.SelectMany(r => r).ToArray(), rows.Length, rows[0].Length);

    /// <summary>One output of a call; a mask that is left out is all ones.</summary>
    public Tensor Run(string output, Tensor ids, Tensor? mask = null, params (string Name, Tensor Tensor)[] others) => _session.Run(
        [
            new("input_ids", ids),
            new("attention_mask", mask ?? Tensor.From<long>(Enumerable.Repeat(1L, (int)ids.Count).ToArray(), [.. ids.Dims])),
            .. others.Select(o => new NamedTensor(o.Name, o.Tensor)),
        ],
        [output])[0].Tensor;

    public void Dispose() => _session.Dispose();
}
