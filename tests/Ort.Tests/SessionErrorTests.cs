using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

/// <summary>What a session refuses: every message names the tensor, what was found and what was wanted.</summary>
public sealed class SessionErrorTests
{
    private static readonly NamedTensor X = new("x", Tensor.From<float>([1, 2, 3], 1, 3));
    private static readonly NamedTensor Ids = new("ids", Tensor.From<long>([0], 1));
    private Session session = null!;

    private static IEnumerable<TestCaseData> Wrong
    {
        get
        {
            TestCaseData Case(string name, NamedTensor[] inputs, params string[] said) => new TestCaseData(inputs, said).SetArgDisplayNames(name);
            yield return Case("missing", [X], "'ids'", "missing", "[batch]");
            yield return Case("unknown", [X, Ids, new("z", Ids.Tensor)], "'z'", "x, ids");
            yield return Case("misspelt", [X, new("id", Ids.Tensor)], "'ids'", "Not used: id");
            yield return Case("twice", [X, Ids, X], "'x'", "twice");
            yield return Case("type", [new("x", Tensor.From<double>([1, 2, 3], 1, 3)), Ids], "'x'", "Double", "Float [batch, 3]");
            yield return Case("rank", [new("x", Tensor.From<float>([1, 2, 3], 3)), Ids], "'x'", "rank 1", "[3]", "[batch, 3]");
            yield return Case("fixed dimension", [new("x", Tensor.From<float>([1, 2], 1, 2)), Ids], "'x'", "size 2 on axis 1", "[1, 2]", "[batch, 3]");
            yield return Case("symbol with two sizes", [X, new("ids", Tensor.From<long>([0, 0], 2))], "'ids'", "'batch' is 1 by input 'x'", "[2]");
            yield return Case("value", [X, new("ids", Tensor.From<long>([7], 1))], "small could not be computed", "7");
        }
    }

    [OneTimeSetUp]
    public void Open()
    {
        var graph = new Graph("small");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["batch", 3]);
        var ids = b.Input("ids", ElementType.Int64, ["batch"]);
        b.Output(b.Add(x, b.Op("Gather", [b.Initializer("table", Tensor.From<float>([0, 0, 0, 1, 1, 1], 2, 3)), ids])), "y");
        var model = new Model(graph) { IrVersion = 8 };
        model.OpsetImports.Add("", 18);
        session = Session.Open(ModelFile.ToBytes(model), "small");
    }

    [OneTimeTearDown]
    public void Close() => session.Dispose();

    [TestCaseSource(nameof(Wrong))]
    public void Run_WrongInput_SaysWhichAndWhatWasWanted(NamedTensor[] inputs, string[] said)
    {
        var message = Assert.Throws<OrtException>(() => session.Run(inputs))!.Message;
        Assert.That(said.Where(part => !message.Contains(part, StringComparison.Ordinal)), Is.Empty, message);
    }

    [Test]
    public void Run_UnknownOutput_NamesTheOutputsThereAre() =>
        Assert.That(Assert.Throws<OrtException>(() => session.Run([X, Ids], ["z"]))!.Message, Does.Contain("'z'").And.Contain("are y"));

    [Test]
    public void Run_Cancelled_Throws() => Assert.Catch<OperationCanceledException>(() => session.Run([X, Ids], cancellation: new CancellationToken(canceled: true)));

    [Test]
    public void Run_AfterAnError_ComputesAsBefore()
    {
        Assert.Throws<OrtException>(() => session.Run([X]));
        Assert.That(session.Run([X, Ids])[0].Tensor.As<float>().ToArray(), Is.EqualTo(new float[] { 1, 2, 3 }));
    }

    [Test]
    public void Open_BytesThatAreNoModel_NamesIt() => Assert.That(Assert.Throws<OrtException>(() => Session.Open(new byte[] { 1, 2, 3 }, "three bytes"))!.Message, Does.Contain("three bytes"));

    [Test]
    public void Open_FileThatIsMissing_NamesItsPath() => Assert.That(Assert.Throws<FileFormatException>(() => Session.Open("none.onnx"))!.Message, Does.Contain("none.onnx"));
}
