using Google.Protobuf;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Tests.Serialization;

public sealed class ModelFileTests
{
    [Test]
    public void Parse_WrittenModel_WritesTheSameBytesAgain()
    {
        var bytes = ModelFile.ToBytes(Samples.Rich());
        var again = ModelFile.Parse(bytes, "m");
        Assert.That(ModelFile.ToBytes(again), Is.EqualTo(bytes));
        Assert.That(ModelFile.ToBytes(ModelCopy.Of(again)), Is.EqualTo(bytes));
    }

    [Test]
    public void ToBytes_Model_IsWhatProtobufReads()
    {
        var proto = ModelProto.Parser.ParseFrom(ModelFile.ToBytes(Samples.Rich()));
        Assert.Multiple(() =>
        {
            Assert.That((proto.IrVersion, proto.ProducerName, proto.ModelVersion, proto.DocString), Is.EqualTo((9L, "tests", 7L, "a model")));
            Assert.That(proto.Graph.Input.Select(i => i.Name), Is.EqualTo(new[] { "x", "flag" }));
            Assert.That(proto.Graph.Input[0].Type.TensorType.Shape.Dim.Select(d => d.HasDimParam ? d.DimParam : $"{d.DimValue}"), Is.EqualTo(new[] { "batch", "4" }));
            Assert.That(proto.Graph.Initializer[0].RawData.Length, Is.EqualTo(8000));
            Assert.That(proto.Graph.Node.Last().Input, Is.EqualTo(new[] { proto.Graph.Node[^2].Output[0], "", proto.Graph.Node[^2].Output[0] }));
            Assert.That(proto.Graph.Node.Last().Output, Is.EqualTo(new[] { "y", "", "z" }));
            Assert.That(proto.Graph.Node[1].Attribute.Select(a => a.G.Node[0].Input[0]), Is.All.EqualTo(proto.Graph.Node[0].Output[0]), "captured");
            Assert.That(proto.Functions.Single().AttributeProto.Single().F, Is.EqualTo(2f));
        });
    }

    [Test]
    public void Parse_SubgraphThatCaptures_TakesTheOuterValueItself()
    {
        var graph = ModelFile.Parse(ModelFile.ToBytes(Samples.Rich()), "m").Graph;
        var product = graph.Nodes.First!.Outputs[0];
        Assert.That(graph.AllNodes().Single(n => n.OpType == "Neg").Inputs[0], Is.SameAs(product));
        Assert.That(product.Uses, Has.Count.EqualTo(2));
    }

    [Test]
    public void ToBytes_LabelsThatRepeat_BecomeNamesOfTheirOwn()
    {
        var build = new GraphBuilder(new Graph("g"), 18);
        var x = build.Input("x", ElementType.Float, []);
        build.Output(build.Relu(build.Relu(build.Relu(x))), "Relu");
        var model = new Model(build.Graph) { OpsetImports = { [""] = 18 } };
        var again = ModelFile.Parse(ModelFile.ToBytes(model), "m");
        Assert.That(again.Graph.Nodes.Select(n => n.Outputs[0].Name), Is.EqualTo(new[] { "Relu_1", "Relu_2", "Relu" }));
        Assert.That(again.Graph.Nodes.Select(n => n.Name), Is.Unique);
    }

    [Test]
    public void ToBytes_InputsOfOneName_AreRefused()
    {
        var graph = new Graph("g") { Inputs = { new Value("x"), new Value("x") } };
        Assert.That(() => ModelFile.ToBytes(new Model(graph)), Throws.TypeOf<IrException>().With.Message.Contains("'x'"));
    }

    [TestCase(ElementType.Float, new[] { 1.5, -2 })]
    [TestCase(ElementType.Double, new[] { 1.5, -2 })]
    [TestCase(ElementType.Float16, new[] { 1.5, -2 })]
    [TestCase(ElementType.BFloat16, new[] { 1.5, -2 })]
    [TestCase(ElementType.Int8, new[] { 1.0, -2 })]
    [TestCase(ElementType.UInt8, new[] { 1.0, 255 })]
    [TestCase(ElementType.Int16, new[] { 1.0, -2 })]
    [TestCase(ElementType.UInt16, new[] { 1.0, 65535 })]
    [TestCase(ElementType.Int32, new[] { 1.0, -2 })]
    [TestCase(ElementType.UInt32, new[] { 1.0, uint.MaxValue })]
    [TestCase(ElementType.Int64, new[] { 1.0, -2 })]
    [TestCase(ElementType.UInt64, new[] { 1.0, 2 })]
    [TestCase(ElementType.Bool, new[] { 1.0, 0 })]
    public void Parse_TypedField_GivesTheBytesOfRawData(ElementType type, double[] values)
    {
        var (typed, raw) = (new TensorProto { Name = "t", DataType = (int)type, Dims = { 2 } }, new List<byte>());
        foreach (var value in values)
        {
            switch (type)
            {
                case ElementType.Float:
                    typed.FloatData.Add((float)value);
                    raw.AddRange(BitConverter.GetBytes((float)value));
                    break;
                case ElementType.Double:
                    typed.DoubleData.Add(value);
                    raw.AddRange(BitConverter.GetBytes(value));
                    break;
                case ElementType.Int64:
                    typed.Int64Data.Add((long)value);
                    raw.AddRange(BitConverter.GetBytes((long)value));
                    break;
                case ElementType.UInt32 or ElementType.UInt64:
                    typed.Uint64Data.Add((ulong)value);
                    raw.AddRange(BitConverter.GetBytes((ulong)value)[..(type.Bits() / 8)]);
                    break;
                default:
                    var bits = type switch
                    {
                        ElementType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
                        ElementType.BFloat16 => (int)(BitConverter.SingleToUInt32Bits((float)value) >> 16),
                        _ => (int)value,
                    };
                    typed.Int32Data.Add(bits);
                    raw.AddRange(BitConverter.GetBytes(bits)[..(type.Bits() / 8)]);
                    break;
            }
        }

        var model = ModelFile.Parse(Wrapped(typed).ToByteArray(), "m");
        Assert.That(model.Graph.Initializers[0].Initializer!.Bytes.ToArray(), Is.EqualTo(raw));
        Assert.That(ModelFile.Parse(ModelFile.ToBytes(model), "m").Graph.Initializers[0].Initializer!.Bytes.ToArray(), Is.EqualTo(raw));
    }

    [Test]
    public void Parse_FieldsNobodyLooksInto_AreWrittenAgain()
    {
        var proto = ModelProto.Parser.ParseFrom(ModelFile.ToBytes(Samples.Rich()));
        var metadata = new byte[] { 0x82, 0x01, 0x04, 0x0a, 0x02, 0x6b, 0x76 }; // field 16, a message
        var sparse = new SparseTensorProto { Values = new TensorProto { Name = "s", DataType = 1, Dims = { 1 }, RawData = ByteString.CopyFrom(0, 0, 0, 64) }, Indices = new TensorProto { DataType = 7, Dims = { 1 }, Int64Data = { 2 } }, Dims = { 5 } };
        proto.Graph.SparseInitializer.Add(sparse);
        proto.Graph.Node.Insert(0, new NodeProto { OpType = "Identity", Input = { "s" }, Output = { "dense" } });
        proto.Graph.Node.Last().Attribute.Add(new AttributeProto { Name = "sparse", Type = 11, SparseTensor = sparse });
        proto = Extended(proto, metadata);
        proto.Graph = Extended(proto.Graph, metadata);
        proto.Graph.Node[0] = Extended(proto.Graph.Node[0], metadata);
        proto.Graph.Input[0] = Extended(proto.Graph.Input[0], metadata);
        proto.Graph.Initializer[0] = Extended(proto.Graph.Initializer[0], metadata);
        proto.Graph.Input[0].Type.Denotation = "IMAGE";
        proto.Graph.Input[0].Type.TensorType.Shape.Dim[0].Denotation = "DATA_BATCH";
        proto.Functions[0] = Extended(proto.Functions[0], metadata);
        var again = ModelProto.Parser.ParseFrom(ModelFile.ToBytes(ModelCopy.Of(ModelFile.Parse(proto.ToByteArray(), "m"))));
        Assert.That(again, Is.EqualTo(proto));
    }

    [Test]
    public void Load_ExternalData_ReadsWhatTheCallerWrote()
    {
        using var folder = new TemporaryFolder();
        var model = Samples.Rich();
        var weight = model.Graph.Initializers[0];
        ModelFile.Save(model, folder["m.onnx"], new ExternalData("w.bin", new Dictionary<Value, ManifestData> { [weight] = new(64, 8000) }));
        File.WriteAllBytes(folder["w.bin"], [.. new byte[64], .. weight.Initializer!.Bytes.ToArray()]);
        Assert.That(new FileInfo(folder["m.onnx"]).Length, Is.LessThan(4000));
        Assert.That(ModelFile.ToBytes(ModelFile.Load(folder["m.onnx"])), Is.EqualTo(ModelFile.ToBytes(model)));
    }

    [Test]
    public void Save_MoreThanMayBeInline_WritesADataFile()
    {
        using var folder = new TemporaryFolder();
        var model = Samples.Rich();
        ModelFile.Save(model, folder["m.onnx"], null, mostInline: 4096);
        Assert.That(File.Exists(folder["m.onnx.data"]));
        var proto = ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder["m.onnx"]));
        Assert.That(proto.Graph.Initializer.Select(i => i.ExternalData.FirstOrDefault()?.Value), Is.EqualTo(new[] { "m.onnx.data", null }), "small ones stay");
        Assert.That(ModelFile.ToBytes(ModelFile.Load(folder["m.onnx"])), Is.EqualTo(ModelFile.ToBytes(model)));
    }

    [Test]
    public void Save_OverTheFileItCameFrom_KeepsTheElements()
    {
        using var folder = new TemporaryFolder();
        ModelFile.Save(Samples.Rich(), folder["m.onnx"]);
        var before = File.ReadAllBytes(folder["m.onnx"]);
        ModelFile.Save(ModelFile.Load(folder["m.onnx"]), folder["m.onnx"]);
        Assert.That(File.ReadAllBytes(folder["m.onnx"]), Is.EqualTo(before));
    }

    [Test]
    public void Load_LargeInitializer_StaysInTheMappedFile()
    {
        using var folder = new TemporaryFolder();
        var graph = new Graph("g");
        graph.Initializers.Add(new Value("w") { Initializer = new Tensor(ElementType.Float, [4 << 20], new byte[16 << 20]) });
        ModelFile.Save(new Model(graph), folder["m.onnx"]);
        _ = ModelFile.Load(folder["m.onnx"]); // what is allocated once
        var before = GC.GetAllocatedBytesForCurrentThread();
        var model = ModelFile.Load(folder["m.onnx"]);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000));
        Assert.That(model.Graph.Initializers[0].Initializer!.Bytes.Length, Is.EqualTo(16 << 20));
    }

    internal static ModelProto Wrapped(params TensorProto[] initializers) => new()
    {
        IrVersion = 8,
        OpsetImport = { new OperatorSetIdProto { Version = 18 } },
        Graph = new GraphProto { Name = "g", Initializer = { initializers } },
    };

    /// <summary>The message with a field that our proto file does not list.</summary>
    private static T Extended<T>(T message, byte[] field) where T : IMessage<T>
    {
        var parser = (MessageParser<T>)message.Descriptor.Parser;
        return parser.ParseFrom([.. message.ToByteArray(), .. field]);
    }
}
