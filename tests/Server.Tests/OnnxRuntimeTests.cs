using Grpc.Core;
using NUnit.Framework;
using OnnxPipeline.Client;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server.Tests;

/// <summary>Through the wire into ONNX Runtime: models in a repository folder.</summary>
public sealed class OnnxRuntimeTests
{
    private DirectoryInfo folder = null!;
    private LocalServer server = null!;

    private static IEnumerable<string> Datatypes => Serving.Datatypes.All;

    [OneTimeSetUp]
    public async Task Start()
    {
        folder = Directory.CreateTempSubdirectory("onnxpipe-server-");
        foreach (var datatype in Datatypes)
        {
            Save(datatype, 1, b => b.Output(b.Identity(b.Input("x", Serving.Datatypes.TypeOf(datatype)!.Value, ["batch"])), "y"));
        }

        Save("table", 2, b => b.Output(b.Op("Gather", [b.Initializer("w", Tensor.From<float>([1, 2, 3], 3)), b.Input("ids", ElementType.Int64, ["batch", 2])]), "y"));
        Save("table", 10, b => b.Output(b.Op("Gather", [b.Initializer("w", Tensor.From<float>([4, 5, 6], 3)), b.Input("ids", ElementType.Int64, ["batch", 2])]), "y"));
        File.WriteAllText(Path.Combine(folder.FullName, "table", "10", "manifest.json"), "{}"); // an exported folder holds more than the model
        server = await LocalServer.Of(ModelRepository.Open(folder.FullName));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await server.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [TestCaseSource(nameof(Datatypes))]
    public async Task ModelInfer_IdentityOfEveryDatatype_GivesTheSameElements(string datatype)
    {
        var described = await server.Client.DescribeModelAsync(datatype);
        var answer = await server.Client.InferAsync(datatype, [new ModelTensor("x", datatype, [3], Elements.Raw(datatype))]);
        Assert.Multiple(() =>
        {
            Assert.That(described.Inputs.Single().ToString(), Is.EqualTo($"x: {datatype} [-1]"));
            Assert.That(answer["y"].ToString(), Is.EqualTo($"y: {datatype} [3]"));
            Assert.That(answer["y"].Raw.ToArray(), Is.EqualTo(Elements.Raw(datatype)));
        });
    }

    [TestCaseSource(nameof(Datatypes))]
    public async Task ModelInfer_IdentityOfNoElements_GivesNone(string datatype)
    {
        var answer = await server.Client.InferAsync(datatype, [new ModelTensor("x", datatype, [0], default)]);
        Assert.That(answer["y"].Shape, Is.EqualTo(new long[] { 0 }));
        Assert.That(answer["y"].Raw.Length, Is.Zero);
    }

    [TestCase("", new[] { 4f, 6 })]
    [TestCase("2", new[] { 1f, 3 })]
    public async Task ModelInfer_Version_ChoosesTheModel(string version, float[] values)
    {
        var answer = await server.Client.InferAsync("table", [ModelTensor.From<long>("ids", [0, 2], 1, 2)], new InferOptions { Version = version });
        Assert.That(answer["y"].As<float>().ToArray(), Is.EqualTo(values));
    }

    [Test]
    public async Task ModelInfer_ValueThatTheGraphRefuses_IsInvalidArgument()
    {
        var e = (await Assert.ThrowsAsync<InferenceException>(() => server.Client.InferAsync("table", [ModelTensor.From<long>("ids", [0, 99], 1, 2)])))!;
        Assert.That(e.Status, Is.EqualTo(StatusCode.InvalidArgument), e.Message);
        Assert.That(e.Message, Does.Contain("99").And.Contain("'table'"));
        Assert.That(e.Message, Does.Not.Contain(folder.FullName).And.Not.Contain("model.onnx"), "where the server keeps its models is no caller's business");
    }

    private void Save(string name, int version, Action<GraphBuilder> build)
    {
        var graph = new Graph(name);
        build(new GraphBuilder(graph, 18));
        ModelFile.Save(new Model(graph) { OpsetImports = { [""] = 18 } }, Path.Combine(folder.CreateSubdirectory(Path.Combine(name, $"{version}")).FullName, "model.onnx"));
    }
}
