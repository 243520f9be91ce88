using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Tests.Verbs;

public sealed class RunVerbTests
{
    private string _folder = "";

    [SetUp]
    public void WriteModel()
    {
        _folder = Directory.CreateTempSubdirectory("onnxpipe").FullName;
        var build = new GraphBuilder(new Graph("g"), 18);
        var x = build.Input("x", ElementType.Float, ["batch", 2]);
        build.Output(build.MatMul(x, build.Initializer("w", Tensor.From<float>([1, 2, 3, 4], 2, 2))), "y");
        build.Output(build.Neg(x), "minus");
        var model = new Model(build.Graph);
        model.OpsetImports.Add("", 18);
        ModelFile.Save(model, Path.Combine(_folder, "model.onnx"));
        TensorFile.Write(At("data.npz"), [new("x", Tensor.From<float>([1, 1, 2, 0], 2, 2)), new("labels", Tensor.Vector(1L, 2L))]);
    }

    [TearDown]
    public void RemoveModel() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Run_Folder_WritesEveryOutput()
    {
        var call = await Call.Of("run", "--model", _folder, "--data", At("data.npz"), "--out", At("out.safetensors"), "--json");
        Assert.That(call.Code, Is.EqualTo(0), call.Error);
        var file = TensorFile.Open(At("out.safetensors"));
        Assert.That(file.Names, Is.EquivalentTo(new[] { "y", "minus" }));
        Assert.That(file["y"].As<float>().ToArray(), Is.EqualTo(new[] { 4f, 6, 2, 4 }));
        Assert.That(JsonDocument.Parse(call.Output).RootElement[0].GetProperty("shape").GetRawText(), Is.EqualTo("[2,2]"));
    }

    [Test]
    public async Task Run_OneOutput_WritesThatOne()
    {
        var call = await Call.Of("run", "--model", At("model.onnx"), "--data", At("data.npz"), "--output", "minus", "--out", At("out.npz"));
        Assert.That(call.Code, Is.EqualTo(0), call.Error);
        Assert.That(TensorFile.Open(At("out.npz")).Names, Is.EqualTo(new[] { "minus" }));
    }

    [Test]
    public async Task Run_InputMissing_FailsNamingItAndLeavesNothing()
    {
        TensorFile.Write(At("other.npz"), [new("z", Tensor.Scalar(1f))]);
        var call = await Call.Of("run", "--model", _folder, "--data", At("other.npz"), "--out", At("out.npz"));
        Assert.That(call.Code, Is.EqualTo(1));
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain("'x'").And.Contain("missing"));
        Assert.That(Directory.GetFiles(_folder, "*out*"), Is.Empty);
    }

    [Test]
    public async Task Run_UnknownOutput_ListsTheKnownOnes()
    {
        var call = await Call.Of("run", "--model", _folder, "--data", At("data.npz"), "--output", "z", "--out", At("out.npz"));
        Assert.That(call.Code, Is.EqualTo(1));
        Assert.That(call.Error, Does.Contain("'z'").And.Contain("y, minus"));
    }

    private string At(string name) => Path.Combine(_folder, name);
}
