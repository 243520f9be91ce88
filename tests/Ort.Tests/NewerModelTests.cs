using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Ort.Tests;

/// <summary>Model files of later versions than ONNX Runtime loads.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NewerModelTests : IDisposable
{
    private static readonly float[] X = [1, -2, 3], Gate = [0.5f, 1, -1];

    private readonly string _folder = Directory.CreateTempSubdirectory("newer").FullName;

    private string File => Path.Combine(_folder, "model.onnx");

    public void Dispose() => Directory.Delete(_folder, true);

    [TestCase(27, 13)]
    [TestCase(28, 14)]
    public void Open_NewerOpsetAndIrVersion_Computes(int opset, int irVersion)
    {
        Save(opset, irVersion, (b, x, gate) => b.Op("SwiGLU", [x, gate]));

        Assert.That(Run(), Is.EqualTo(X.Zip(Gate, (a, b) => a / (1 + MathF.Exp(-a)) * b)).Within(1e-6));
    }

    [TestCase(24)]
    [TestCase(26)]
    [TestCase(28)]
    public void Open_SwishOfAnyOpset_Computes(int opset)
    {
        Save(opset, 10, (b, x, gate) => b.Add(b.Op("Swish", [x]), gate));

        Assert.That(Run(), Is.EqualTo(X.Zip(Gate, (a, b) => a / (1 + MathF.Exp(-a)) + b)).Within(1e-6));
    }

    [Test]
    public void Open_NewerIrVersionOnly_Computes()
    {
        Save(18, 14, (b, x, gate) => b.Mul(x, gate));

        Assert.That(Run(), Is.EqualTo(X.Zip(Gate, (a, b) => a * b)).Within(1e-6));
    }

    [Test]
    public void Open_OperatorWithoutOlderForm_NamesOperatorAndNode()
    {
        Save(27, 13, (b, x, _) => b.Op("BitCast", [x], [("to", (long)ElementType.Int32)], name: "bits"));

        Assert.That(() => Session.Open(File), Throws.TypeOf<IrException>().With.Message.Contains("BitCast").And.Message.Contains("'bits'").And.Message.Contains("opset"));
    }

    [Test]
    public void ToBytes_MoreWeightsThanOneMessageHolds_ReadsThemWhereTheyLie()
    {
        Save(28, 14, (b, x, gate) => b.Mul(x, gate), weight: true);
        var (model, held) = NewerModel.ToBytes(NewerModel.Lowered(File)!, mostInline: 8);

        Assert.That(held.Select(tensor => tensor.Name), Is.EqualTo(new[] { "weight" }));
        using var session = Session.Open(model, "m", held: held);
        Assert.That(session.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "x", "gate" }));
        Assert.That(session.Run(Inputs())[0].Tensor.As<float>().ToArray(), Is.EqualTo(X.Zip(Gate, (a, b) => a * b).Select((v, i) => v + i)).Within(1e-6));
    }

    [Test]
    public void Read_Header_HasTheVersionsOfTheFile()
    {
        Save(22, 11, (b, x, _) => x);
        Assert.That(ModelHeader.Read(File), Is.EqualTo(new ModelHeader(11, 22)));
        System.IO.File.WriteAllText(File, "no model");
        Assert.That(ModelHeader.Read(File), Is.Null);
    }

    private void Save(int opset, int irVersion, Func<GraphBuilder, Value, Value, Value> write, bool weight = false)
    {
        var b = new GraphBuilder(new Graph("g"), opset);
        var y = write(b, b.Input("x", ElementType.Float, [3]), b.Input("gate", ElementType.Float, [3]));
        b.Output(weight ? b.Add(b.Identity(y), b.Reshape(b.Initializer("weight", Tensor.From<float>([0, 1, 2], 1, 3)), 3)) : b.Identity(y), "y");
        var model = new Model(b.Graph) { IrVersion = irVersion };
        model.OpsetImports.Add("", opset);
        ModelFile.Save(model, File);
    }

    private float[] Run()
    {
        using var session = Session.Open(File);
        return session.Run(Inputs())[0].Tensor.As<float>().ToArray();
    }

    private static NamedTensor[] Inputs() => [new("x", Tensor.Vector<float>(X)), new("gate", Tensor.Vector<float>(Gate))];
}
