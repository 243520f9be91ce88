using System.Buffers.Binary;
using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class SafeTensorsTests
{
    private static readonly NamedTensor[] Sample =
    [
        new("flag", Tensor.Vector(true, false, true)), new("b", Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3)), new("a", Tensor.Scalar(7L)), new("none", Tensor.From<float>([], 0, 3)),
    ];

    [Test]
    public void Write_ThenOpen_GivesNamesInOrderAndContent()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.Write(folder["t.safetensors"], stream => SafeTensors.Write(stream, Sample, [new("format", "pt"), new("über", "\"1\"")]));
        var file = TensorFile.Open(folder["t.safetensors"]);
        Assert.That(file.Names, Is.EqualTo(Sample.Select(s => s.Name)));
        Assert.That(file.Metadata, Is.EqualTo(new Dictionary<string, string> { ["format"] = "pt", ["über"] = "\"1\"" }));
        foreach (var (name, tensor) in Sample)
        {
            Assert.That(file[name].Type, Is.EqualTo(tensor.Type));
            Assert.That(file[name].Dims, Is.EqualTo(tensor.Dims));
            Assert.That(file[name].Bytes.ToArray(), Is.EqualTo(tensor.Bytes.ToArray()));
        }
    }

    [Test]
    public void Write_Twice_GivesTheSameBytesWithAnAlignedHeader()
    {
        using MemoryStream one = new(), two = new();
        SafeTensors.Write(one, Sample);
        SafeTensors.Write(two, Sample);
        Assert.That(one.ToArray(), Is.EqualTo(two.ToArray()));
        Assert.That(BinaryPrimitives.ReadInt64LittleEndian(one.ToArray()) % 8, Is.Zero);
    }

    [Test]
    public void Write_NameTwiceOrStrings_Throws()
    {
        Assert.That(() => SafeTensors.Write(Stream.Null, [new("x", Tensor.Scalar(1f)), new("x", Tensor.Scalar(1f))]), Throws.TypeOf<FileFormatException>());
        Assert.That(() => SafeTensors.Write(Stream.Null, [new("x", new Tensor([new byte[1]], [1]))]), Throws.TypeOf<FileFormatException>());
    }

    [TestCase(new byte[0], "is empty; a safetensors file was wanted")]
    [TestCase(new byte[] { 1, 2, 3 }, "has 3 bytes")]
    [TestCase(new byte[] { 40, 0, 0, 0, 0, 0, 0, 0, 123 }, "has 9 bytes; its header alone takes 40")]
    [TestCase(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 123 }, "2 to 100000000 were wanted")]
    public void Open_FileThatIsNoneOrCutOff_SaysWhatWasFoundAndWanted(byte[] content, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["t.safetensors"], content);
        Assert.That(() => SafeTensors.Open(folder["t.safetensors"]), Throws.TypeOf<FileFormatException>().With.Message.StartWith(folder["t.safetensors"]).And.Message.Contain(message));
    }

    [Test]
    public void Item_UnknownName_NamesTheClosest()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.Write(folder["t.safetensors"], stream => SafeTensors.Write(stream, Sample));
        Assert.That(() => SafeTensors.Open(folder["t.safetensors"])["flga"], Throws.TypeOf<FileFormatException>().With.Message.Contain("flag"));
    }

    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, true)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   """, 4, true)]
    [TestCase("{}", 0, true)]
    [TestCase("", 0, false)]
    [TestCase("[]", 0, false)]
    [TestCase("{", 0, false)]
    [TestCase("{}{}", 0, false)]
    [TestCase("{\"\\ud800\":{}}", 0, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 3, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1099511627776,1099511627776],"data_offsets":[0,4]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, false)]
    [TestCase("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, false)]
    [TestCase("""{"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, false)]
    public void Open_Header_AcceptedOnlyIfTheFileBearsItOut(string header, int dataLength, bool accepted)
    {
        using var folder = new TemporaryFolder();
        var json = Encoding.UTF8.GetBytes(header);
        var path = folder.Write("t.safetensors", [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[dataLength]]);
        if (accepted)
        {
            Assert.That(SafeTensors.Open(path).Tensors, Has.Count.EqualTo(dataLength / 4));
        }
        else
        {
            Assert.That(() => SafeTensors.Open(path), Throws.TypeOf<FileFormatException>().With.Message.Contain(path));
        }
    }

    [TestCase(0L)]
    [TestCase(-1L)]
    [TestCase(1L << 40)]
    [TestCase(long.MaxValue)]
    public void Open_LengthThatLies_Throws(long length)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t.safetensors", [.. BitConverter.GetBytes(length), .. "{}"u8]);
        Assert.That(() => SafeTensors.Open(path), Throws.TypeOf<FileFormatException>());
        Assert.That(() => SafeTensors.Open(folder.Write("short", [1, 2])), Throws.TypeOf<FileFormatException>());
    }

    [Test]
    public void Open_AnyByteOfTheHeaderChanged_ReadsOrThrowsCleanly()
    {
        using var folder = new TemporaryFolder();
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, Sample);
        Mutations.ReadOrRefuse(stream.ToArray(), folder["m.safetensors"], path =>
        {
            var file = SafeTensors.Open(path);
            return file.Names.Sum(name => file[name].Bytes.Length);
        });
    }
}
