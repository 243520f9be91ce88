using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Training.Tests;

public sealed class GradientReportTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipeline").FullName;

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Of_RowsOfTheMiddle_ComputesThoseOnlyWithTheCheckpointsParameters()
    {
        using var engine = new SumEngine();
        EngineParameters.Load(engine, Checkpoint("good", Tensor.From<float>([2, 3], 2)));
        var report = GradientReport.Of(engine, Data(engine), 1, 3, seed: 0);
        Assert.That(report.Loss, Is.EqualTo(10 + 2 * 3 + 3 * 4 + 2 * 5 + 3 * 6));
        var tensors = report.Tensors().ToDictionary(t => t.Name, t => t.Tensor);
        Assert.That(tensors.Keys, Is.EqualTo(new[] { "loss", "out.count", "grad.w" }));
        Assert.That(tensors["grad.w"].As<float>().ToArray(), Is.EqualTo(new float[] { 8, 10 }));
        Assert.That(tensors["out.count"].As<long>()[0], Is.EqualTo(2));
        Assert.That(GradientReport.Norm(tensors["grad.w"]), Is.EqualTo(Math.Sqrt(164)).Within(1e-12));
    }

    [TestCase(0L, 5L)]
    [TestCase(4L, null)]
    public void Of_RowsThatAreNotThere_SaysHowManyThereAre(long first, long? end)
    {
        using var engine = new SumEngine();
        var data = Data(engine);
        Assert.That(() => GradientReport.Of(engine, data, first, end, 0), Throws.TypeOf<FileFormatException>().With.Message.Contains("4 examples"));
    }

    [Test]
    public void Load_OtherShape_NamesTheParameterAndBothShapes()
    {
        using var engine = new SumEngine();
        Assert.That(() => EngineParameters.Load(engine, Checkpoint("other", Tensor.From<float>([1, 2, 3], 3))),
            Throws.TypeOf<TrainingException>().With.Message.Contains("'w' is Float [3], wanted Float [2]"));
    }

    [Test]
    public void Load_TensorFileOfOtherShapeAndAsManyBytes_NamesTheParameterAndBothShapes()
    {
        using var engine = new SumEngine();
        var path = Path.Combine(_folder, "turned.safetensors");
        TensorFile.Write(path, [new("w", Tensor.From<float>([1, 2], 1, 2)), new("b", Tensor.Scalar(10f))]);
        Assert.That(() => EngineParameters.Load(engine, path), Throws.TypeOf<TrainingException>().With.Message.Contains("'w' is Float [1, 2], wanted Float [2]"));
    }

    private string Checkpoint(string name, Tensor w)
    {
        var path = Path.Combine(_folder, name);
        new OdtcCheckpoint { Trainable = [new NamedTensor("w", w)], Frozen = [new NamedTensor("b", Tensor.Scalar(10f))] }.Write(path);
        return path;
    }

    private TensorExamples Data(SumEngine engine)
    {
        var path = Path.Combine(_folder, "x.safetensors");
        TensorFile.Write(path, [new NamedTensor("x", Tensor.From<float>([1, 2, 3, 4, 5, 6, 7, 8], 4, 2))]);
        return new TensorExamples(path, engine.Inputs, loss: null);
    }
}
