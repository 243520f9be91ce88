using NUnit.Framework;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Models;

namespace OnnxPipeline.Pipelines.Tests;

[TestFixture]
public sealed class ExportCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Model _model = null!;
    private ArtifactFolder _artifacts = null!;

    [OneTimeSetUp]
    public void MakeArtifacts()
    {
        var config = _folder.Write("config.json", """{"model_type": "gpt2", "vocab_size": 11, "n_positions": 8, "n_embd": 8, "n_layer": 1, "n_head": 2, "resid_pdrop": 0.5}""");
        _model = FamilyTable.Build(ConfigFile.Read(config), new BuildOptions("clm", WithLoss: false, Seed: 1));
        using var target = OutputTarget.Folder(_folder["artifacts"], force: false);
        ArtifactWriter.Write(_model, new ArtifactOptions(), target);
        target.Commit();
        _artifacts = ArtifactFolder.Open(_folder["artifacts"]);
        ModelFile.Save(_model, _folder["model.onnx"]);
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void MaxDifference_TheSameParameters_IsNothingWorthSpeakingOf() => Assert.That(Check(parameter => parameter), Is.LessThan(1e-5));

    [Test]
    public void MaxDifference_OneWeightOff_IsSeen() => Assert.That(Check(values =>
    {
        values[3] += 0.5f;
        return values;
    }), Is.GreaterThan(1e-3));

    [Test]
    public void MaxDifference_AWeightThatIsNaN_IsNaN() => Assert.That(Check(values =>
    {
        values[0] = float.NaN;
        return values;
    }), Is.NaN);

    private double Check(Func<float[], float[]> change)
    {
        var first = _artifacts.Manifest!.Parameters[0].Name;
        var parameters = _model.Graph.Initializers.Where(v => _artifacts.Manifest.Parameters.Any(p => p.Name == v.Name))
            .Select(v => new NamedTensor(v.Name, v.Name == first ? Tensor.From<float>(change(v.Initializer!.As<float>().ToArray()), [.. v.Initializer.Dims]) : v.Initializer!)).ToList();
        TensorFile.Write(_folder["model.safetensors"], parameters);
        long[] ids = [.. Enumerable.Range(0, 8)];
        NamedTensor[] inputs = [new("input_ids", Tensor.From<long>(ids, 1, 8)), new("attention_mask", Tensor.From<long>([.. Enumerable.Repeat(1L, 8)], 1, 8))];
        return ExportCheck.MaxDifference(_artifacts, TensorFile.Open(_folder["model.safetensors"]), _folder["model.onnx"], [new(inputs, new("labels", Tensor.From<long>(ids, 1, 8)))], threads: 1);
    }
}
