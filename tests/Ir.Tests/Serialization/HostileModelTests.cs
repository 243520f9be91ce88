using System.Diagnostics;
using Google.Protobuf;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Tests.Serialization;

/// <summary>Damaged and malicious files are read or refused in one sentence that names the file; never more than that.</summary>
public sealed class HostileModelTests
{
    [Test]
    public void Load_MutatedModel_IsReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        var (good, random, refused) = (ModelFile.ToBytes(Samples.Rich()), new Random(1), 0);
        for (var i = 0; i < 2000; i++)
        {
            var bad = Mutate(good, i % 4, random);
            var path = folder.Write("m.onnx", bad);
            try
            {
                _ = ModelFile.ToBytes(ModelFile.Load(path)); // what was read can be written
            }
            catch (PipelineException e)
            {
                refused++;
                Assert.That(e.Message, Does.Contain(path));
            }
        }

        Assert.That(refused, Is.InRange(500, 1990));
    }

    [Test]
    public void Load_EmptyFile_IsRefused() => Refused([], "empty");

    [Test]
    public void Load_Text_IsRefused() => Refused("Hello, this is no model.\n"u8.ToArray(), "no ONNX model");

    [Test]
    public void Load_ModelWithoutGraph_IsRefused() => Refused(new ModelProto { IrVersion = 8 }.ToByteArray(), "no graph");

    [Test]
    public void Load_GraphsNestedDeeply_IsRefused()
    {
        var graph = new GraphProto { Name = "innermost" };
        for (var i = 0; i < 500; i++)
        {
            graph = new GraphProto { Name = "g", Node = { new NodeProto { OpType = "If", Attribute = { new AttributeProto { Name = "b", Type = 5, G = graph } } } } };
        }

        Refused(new ModelProto { IrVersion = 8, Graph = graph }.ToByteArray(), "deep");
    }

    [TestCase(1L << 40, 1)]
    [TestCase(1L << 40, 1L << 40)]
    [TestCase(long.MaxValue, 1)]
    [TestCase(-1, 1)]
    [TestCase(1000, 1000)]
    public void Load_ImpossibleDims_AreRefusedWithoutAllocating(long rows, long columns)
    {
        var raw = ModelFileTests.Wrapped(new TensorProto { Name = "huge", DataType = 1, Dims = { rows, columns }, RawData = ByteString.CopyFrom(new byte[8]) });
        var typed = ModelFileTests.Wrapped(new TensorProto { Name = "huge", DataType = 1, Dims = { rows, columns }, FloatData = { 1, 2 } });
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(raw.ToByteArray(), "'huge'");
        Refused(typed.ToByteArray(), "'huge'");
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
    }

    [TestCase(0)]
    [TestCase(99)]
    public void Load_ElementTypeThatIsNone_IsRefused(int type) =>
        Refused(ModelFileTests.Wrapped(new TensorProto { Name = "odd", DataType = type, Dims = { 1 }, RawData = ByteString.CopyFrom(1) }).ToByteArray(), "'odd'");

    [Test]
    public void Load_TensorWithAnUnknownField_KeepsItsOwnElements()
    {
        var tensor = new TensorProto { Name = "t", DataType = 2, Dims = { 3 }, RawData = ByteString.CopyFrom(1, 2, 3) };
        var odd = TensorProto.Parser.ParseFrom([.. tensor.ToByteArray(), 0x80, 0xe2, 0x09, 0x07]); // field 20000
        Assert.That(ModelFile.Parse(ModelFileTests.Wrapped(odd).ToByteArray(), "m").Graph.Initializers[0].Initializer!.Bytes.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [TestCase("../secret.bin", "0", "4")]
    [TestCase("/etc/passwd", "0", "4")]
    [TestCase("link.bin", "0", "4")]
    [TestCase("data.bin", "100", "4")]
    [TestCase("data.bin", "-4", "4")]
    [TestCase("data.bin", "9223372036854775807", "4")]
    [TestCase("data.bin", "0", "5")]
    [TestCase("data.bin", "zero", "4")]
    [TestCase("absent.bin", "0", "4")]
    [TestCase("", "0", "4")]
    public void Load_ExternalDataElsewhere_IsRefused(string location, string offset, string length)
    {
        using var outside = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        folder.Write("data.bin", new byte[100]);
        File.CreateSymbolicLink(folder["link.bin"], outside.Write("secret.bin", new byte[100]));
        Refused(External(location, offset, length), "'w'", folder);
    }

    [Test]
    public void Load_LinkThatLeavesTheFolder_IsFollowedWhereAllowed()
    {
        using var outside = new TemporaryFolder();
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["link.bin"], outside.Write("weights.bin", [1, 2, 3, 4]));
        var model = ModelFile.Load(folder.Write("m.onnx", External("link.bin", "0", "4")), followLinks: true);
        Assert.That(model.Graph.Initializers[0].Initializer!.Bytes.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
    }

    [Test]
    public void Load_PathThatLeavesTheFolder_IsToldWithTheTensorOnce()
    {
        using var folder = new TemporaryFolder();
        var message = Assert.Throws<IrException>(() => ModelFile.Load(folder.Write("m.onnx", External("../secret.bin", "0", "4"))))!.Message;
        Assert.That(message.Split("initializer 'w'"), Has.Length.EqualTo(2), message);
    }

    [Test]
    public void Parse_ExternalData_IsRefused() =>
        Assert.That(() => ModelFile.Parse(External("data.bin", "0", "4"), "m"), Throws.TypeOf<IrException>().With.Message.Contains("'w'"));

    [Test]
    public void Parse_ManyNodes_TakesTimeInProportion()
    {
        // Each takes the value of the one before; a search through all of them per node would need minutes.
        var proto = ModelFileTests.Wrapped();
        proto.Graph.Input.Add(new ValueInfoProto { Name = "v0" });
        proto.Graph.Node.AddRange(Enumerable.Range(0, 50_000).Select(i => new NodeProto { OpType = "Relu", Name = "n", Input = { $"v{i}" }, Output = { $"v{i + 1}" } }));
        proto.Graph.Output.AddRange(Enumerable.Range(1, 50_000).Select(i => new ValueInfoProto { Name = $"v{i}" }));
        var clock = Stopwatch.StartNew();
        _ = ModelFile.ToBytes(ModelFile.Parse(proto.ToByteArray(), "m"));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    private static byte[] External(string location, string offset, string length) => ModelFileTests.Wrapped(new TensorProto
    {
        Name = "w",
        DataType = 1,
        Dims = { 1 },
        DataLocation = 1,
        ExternalData = { Entry("location", location), Entry("offset", offset), Entry("length", length) },
    }).ToByteArray();

    private static StringStringEntryProto Entry(string key, string value) => new() { Key = key, Value = value };

    private static byte[] Mutate(byte[] good, int kind, Random random)
    {
        var bad = (byte[])good.Clone();
        // Half of the damage goes to the part after the weights, where the nodes are.
        var at = random.Next(2) == 0 ? random.Next(bad.Length) : random.Next(Math.Max(0, bad.Length - 1500), bad.Length);
        switch (kind)
        {
            case 0:
                bad[at] ^= (byte)(1 << random.Next(8));
                return bad;
            case 1:
                return bad[..at];
            case 2:
                random.NextBytes(bad.AsSpan(at, Math.Min(4, bad.Length - at)));
                return bad;
            default:
                return [.. bad[..at], 0xff, 0xff, 0xff, 0xff, 0x7f, .. bad[at..]]; // a huge length, or a shift
        }
    }

    private static void Refused(byte[] content, string reason, TemporaryFolder? folder = null)
    {
        using var own = folder is null ? new TemporaryFolder() : null;
        var path = (folder ?? own!).Write("m.onnx", content);
        Assert.That(() => ModelFile.Load(path), Throws.InstanceOf<PipelineException>().With.Message.Contains(path).And.Message.Contains(reason));
    }
}
