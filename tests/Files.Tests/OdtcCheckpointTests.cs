using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class OdtcCheckpointTests
{
    private static readonly OdtcCheckpoint Sample = new()
    {
        Trainable = [new("fc.weight", Tensor.From<float>([.. Enumerable.Range(0, 40).Select(i => i * 0.5f)], 5, 8)), new("fc.bias", Tensor.From<float>([1, 2, 3], 3)), new("scale", Tensor.Scalar(2f))],
        Frozen = [new("steps", Tensor.From<long>([.. Enumerable.Range(0, 9).Select(i => (long)i)], 9)), new("empty", Tensor.From<float>([], 0, 4))],
        OptimizerGroups = [new("group0", 20, 0.001f, [new("fc.bias", [new("momentum0", Tensor.From<float>([4, 5, 6], 3)), new("momentum1", Tensor.From<float>([7, 8, 9], 3))])])],
        Properties = new([new("epoch", 3), new("zero", 0)], [new("loss", 0.25f)], [new("name", "ü")]),
    };

    private static string Data(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", name);

    [Test]
    public void Write_ThenRead_GivesTheSame()
    {
        using var folder = new TemporaryFolder();
        Sample.Write(folder["checkpoint"]);
        AssertSame(OdtcCheckpoint.Read(folder["checkpoint"]), Sample);
        Assert.That(folder.Names, Is.EqualTo(new[] { "checkpoint" }));
    }

    [Test]
    public void Write_ManyBytes_GoToTheDataFile()
    {
        using var folder = new TemporaryFolder();
        Sample.Write(folder["checkpoint"], externalFrom: 1);
        Assert.That(new FileInfo(folder["checkpoint.data"]).Length, Is.EqualTo(160 + 72), "the weight, then the numbers at a multiple of 8; what is smaller than 64 bytes stays");
        AssertSame(OdtcCheckpoint.Read(folder["checkpoint"]), Sample);
        File.Delete(folder["checkpoint.data"]);
        Assert.That(() => OdtcCheckpoint.Read(folder["checkpoint"]), Throws.TypeOf<FileFormatException>().With.Message.Contain("checkpoint.data"));
    }

    [Test]
    public void Write_Nominal_KeepsNamesAndTypesOnly()
    {
        using var folder = new TemporaryFolder();
        (Sample with { Nominal = true, OptimizerGroups = null, Properties = PropertyBag.Empty }).Write(folder["n"]);
        var read = OdtcCheckpoint.Read(folder["n"]);
        Assert.That(read.Nominal);
        Assert.That(read.OptimizerGroups, Is.Null);
        Assert.That(read.Trainable.Concat(read.Frozen).Select(p => p.Name), Is.EqualTo(new[] { "fc.weight", "fc.bias", "scale", "steps", "empty" }));
        Assert.That(read.Frozen[0].Tensor.Type, Is.EqualTo(ElementType.Int64));
    }

    [Test]
    public void Write_Twice_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        Sample.Write(folder["a"]);
        Sample.Write(folder["b"]);
        Assert.That(File.ReadAllBytes(folder["a"]), Is.EqualTo(File.ReadAllBytes(folder["b"])));
    }

    [Test]
    public void Read_CheckpointThatMicrosoftsRuntimeTrained_HasParametersAndState()
    {
        var read = OdtcCheckpoint.Read(Data("official-trained.checkpoint"));
        Assert.That(read.Trainable.Select(p => p.Name), Is.EqualTo(new[] { "fc2.bias", "fc2.weight" }));
        Assert.That(read.Frozen.Select(p => p.Name), Is.EqualTo(new[] { "fc1.bias", "fc1.weight" }));
        Assert.That(read.Trainable[1].Tensor.Rank, Is.EqualTo(2));
        var group = read.OptimizerGroups!.Single();
        Assert.That((group.Name, group.Step, group.InitialLearningRate), Is.EqualTo(("group0", 20L, 0.001f)));
        Assert.That(group.States.Select(s => s.Parameter), Is.EqualTo(new[] { "fc2.bias", "fc2.weight" }));
        Assert.That(group.States[0].Momentums.Select(m => m.Name), Is.EqualTo(new[] { "momentum0", "momentum1" }));
    }

    [Test]
    public void Read_NominalCheckpointByMicrosoftsTool_HasNames()
    {
        var read = OdtcCheckpoint.Read(Data("official-nominal.checkpoint"));
        Assert.That(read.Nominal);
        Assert.That(read.Trainable, Has.Count.EqualTo(4));
    }

    [Test]
    public void Read_DamagedFile_ReadsOrThrowsCleanly()
    {
        using var folder = new TemporaryFolder();
        Sample.Write(folder["checkpoint"]);
        Mutations.ReadOrRefuse(File.ReadAllBytes(folder["checkpoint"]), folder["m"], OdtcCheckpoint.Read);
        Mutations.ReadOrRefuse(File.ReadAllBytes(Data("official-trained.checkpoint")), folder["m"], OdtcCheckpoint.Read);
    }

    [Test]
    public void Read_VectorsThatReferToOneTableAgainAndAgain_IsRefusedSoon()
    {
        // Root: a vector of groups, each the same group, whose states are that long again: quadratic if nothing stops it.
        var count = 20_000;
        var state = new FlatNode.Table(FlatNode.Text(0, "p"), FlatNode.Ref(1, new FlatNode.References([])));
        var group = new FlatNode.Table(FlatNode.Text(0, "g"), FlatNode.Ref(3, new FlatNode.References([state])));
        var module = new FlatNode.Table(FlatNode.Ref(0, new FlatNode.References([])), FlatNode.Ref(1, new FlatNode.References([])));
        using var stream = new MemoryStream();
        FlatNode.Write(stream, new FlatNode.Table(FlatNode.Int(0, 2), FlatNode.Ref(1, module), FlatNode.Ref(2, new FlatNode.References([group]))), "ODTC"u8, "test");
        var bytes = Repeat(Repeat(stream.ToArray(), count, 3), count, 2);
        using var folder = new TemporaryFolder();
        Assert.That(() => OdtcCheckpoint.Read(folder.Write("loop", bytes)), Throws.TypeOf<FileFormatException>().With.Message.Contain("refer to each other"));
    }

    [TestCase("ODTX", 2)]
    [TestCase("ODTC", 1)]
    [TestCase("ODTC", 3)]
    public void Read_OtherIdentifierOrVersion_Throws(string identifier, int version)
    {
        using var stream = new MemoryStream();
        FlatNode.Write(stream, new FlatNode.Table(FlatNode.Int(0, version)), System.Text.Encoding.ASCII.GetBytes(identifier), "test");
        using var folder = new TemporaryFolder();
        Assert.That(() => OdtcCheckpoint.Read(folder.Write("c", [.. stream.ToArray(), .. new byte[16]])), Throws.TypeOf<FileFormatException>());
    }

    /// <summary>Appends a vector of <paramref name="count"/> references to what the only item of the vector at the given depth refers to, and lets the field refer to it.</summary>
    private static byte[] Repeat(byte[] file, int count, int slot)
    {
        var root = BitConverter.ToInt32(file, 0);
        var groupsField = Field(file, root, 2);
        var groups = groupsField + BitConverter.ToInt32(file, groupsField);
        var group = groups + 4 + BitConverter.ToInt32(file, groups + 4);
        var field = slot == 2 ? groupsField : Field(file, group, 3);
        var vector = field + BitConverter.ToInt32(file, field);
        var target = vector + 4 + BitConverter.ToInt32(file, vector + 4);

        // References are unsigned and reach 4 GiB forward: the item itself is copied behind the vector.
        var copy = file[BackToVTable(file, target)..(vector == groups ? file.Length : target + 16)];
        var at = (file.Length + 7) / 8 * 8;
        var result = new byte[at + 4 + 4 * count + 8 + copy.Length + 64];
        file.CopyTo(result, 0);
        BitConverter.GetBytes(at - field).CopyTo(result, field);
        BitConverter.GetBytes(count).CopyTo(result, at);
        var tail = (at + 4 + 4 * count + 7) / 8 * 8;
        copy.CopyTo(result, tail);
        for (var i = 0; i < count; i++)
        {
            var item = at + 4 + 4 * i;
            BitConverter.GetBytes(tail + (target - BackToVTable(file, target)) - item).CopyTo(result, item);
        }

        return result;
    }

    private static int BackToVTable(byte[] file, int table) => table - BitConverter.ToInt32(file, table);

    private static int Field(byte[] file, int table, int slot) => table + BitConverter.ToUInt16(file, BackToVTable(file, table) + 4 + 2 * slot);

    private static void AssertSame(OdtcCheckpoint read, OdtcCheckpoint wanted)
    {
        static string Text(IEnumerable<NamedTensor> tensors) => string.Join("; ", tensors.Select(t => $"{t.Name} {t.Tensor} {Convert.ToHexString(t.Tensor.Bytes.Span)}"));
        Assert.That(Text(read.Trainable), Is.EqualTo(Text(wanted.Trainable)));
        Assert.That(Text(read.Frozen), Is.EqualTo(Text(wanted.Frozen)));
        Assert.That(read.OptimizerGroups!.Select(g => (g.Name, g.Step, g.InitialLearningRate)), Is.EqualTo(wanted.OptimizerGroups!.Select(g => (g.Name, g.Step, g.InitialLearningRate))));
        Assert.That(read.OptimizerGroups!.SelectMany(g => g.States).Select(s => s.Parameter + Text(s.Momentums)), Is.EqualTo(wanted.OptimizerGroups!.SelectMany(g => g.States).Select(s => s.Parameter + Text(s.Momentums))));
        Assert.That(read.Properties.Ints, Is.EqualTo(wanted.Properties.Ints));
        Assert.That(read.Properties.Floats, Is.EqualTo(wanted.Properties.Floats));
        Assert.That(read.Properties.Strings, Is.EqualTo(wanted.Properties.Strings));
    }
}
