using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Tests.Verbs;

public sealed class InspectVerbTests
{
    private string _folder = "";

    [SetUp]
    public void WriteModel()
    {
        _folder = Directory.CreateTempSubdirectory("onnxpipe").FullName;
        var build = new GraphBuilder(new Graph("g"), 18);
        var x = build.Input("x", ElementType.Float, ["batch", 2]);
        var hidden = build.Relu(build.MatMul(x, build.Initializer("body.weight", Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3))));
        build.Output(build.MatMul(hidden, build.Initializer("head.weight", Tensor.From<float>([1, 2, 3], 3, 1))), "y");
        var model = new Model(build.Graph);
        model.OpsetImports.Add("", 18);
        ModelFile.Save(model, Path.Combine(_folder, "model.onnx"));
    }

    [TearDown]
    public void RemoveModel() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Inspect_FolderAsJson_HasTheKeysOfTheContract()
    {
        var call = await Call.Of("inspect", _folder, "--trainable", "head.*", "--json");
        Assert.That(call.Code, Is.EqualTo(0), call.Error);
        var report = JsonDocument.Parse(call.Output).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(report.EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "opsets", "ir_version", "inputs", "outputs", "parameters", "constants", "ops" }));
            Assert.That(report.GetProperty("opsets").GetProperty("ai.onnx").GetInt32(), Is.EqualTo(18));
            Assert.That(report.GetProperty("inputs")[0].GetProperty("shape").GetRawText(), Is.EqualTo("""["batch",2]"""));
            Assert.That(report.GetProperty("parameters").EnumerateArray().Select(p => $"{p.GetProperty("name")} {p.GetProperty("type")} {p.GetProperty("bytes")} {p.GetProperty("verdict")}"),
                Is.EqualTo(new[] { "body.weight F32 24 frozen", "head.weight F32 12 trainable" }));
            Assert.That(report.GetProperty("ops").EnumerateArray().Select(o => $"{o.GetProperty("op")} {o.GetProperty("count")} {o.GetProperty("gradient")}"), Is.EqualTo(new[] { "MatMul 2 rule", "Relu 1 rule" }));
        });
    }

    [Test]
    public async Task Inspect_FileForPeople_ShowsParametersAndOperators()
    {
        var call = await Call.Of("inspect", Path.Combine(_folder, "model.onnx"));
        Assert.That(call.Code, Is.EqualTo(0), call.Error);
        Assert.That(call.Output, Does.Contain("ai.onnx 18").And.Match(@"input +x +\[batch, 2\] +F32").And.Match(@"head\.weight +\[3, 1\] +F32 +12 +trainable").And.Match(@"Relu +1 +rule"));
    }

    [Test]
    public async Task Inspect_FileThatIsNoModel_IsRefusedInOneSentence()
    {
        var path = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(path, "This is not a model at all.\n");
        var call = await Call.Of("inspect", path);
        Assert.That(call.Code, Is.EqualTo(1));
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(path).And.Contain("no ONNX model"));
        Assert.That(call.Output, Is.Empty);
    }
}
