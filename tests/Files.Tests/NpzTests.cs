using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class NpzTests
{
    private static string Data(string name) => Path.Combine(TestContext.CurrentContext.TestDirectory, "Data", name);

    [Test]
    public void Open_FileByNumPy_ReadsRowsColumnsFlagsAndScalars()
    {
        var file = TensorFile.Open(Data("stored.npz"));
        Assert.That(file.Names, Is.EqualTo(new[] { "f", "column", "flag", "scalar" }));
        Assert.That(file["f"].As<float>().ToArray(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(file["f"].Dims, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(file["column"].As<long>().ToArray(), Is.EqualTo(new long[] { 0, 1, 2, 3, 4, 5 }), "column-major elements are brought into rows");
        Assert.That(file["flag"].As<bool>().ToArray(), Is.EqualTo(new[] { true, false }));
        Assert.That(file["scalar"].Dims, Is.Empty);
        Assert.That(file["scalar"].As<double>()[0], Is.EqualTo(0.5));
    }

    [Test]
    public void Open_DeflatedFile_ReadsTheElements() =>
        Assert.That(Npz.Open(Data("deflated.npz"))["x"].As<int>().ToArray(), Is.EqualTo(Enumerable.Range(0, 1000)));

    [TestCase("", "is empty; an npz file was wanted")]
    [TestCase("{\"x\": 1}", "begins with the bytes 7B2278223A20; a zip archive was wanted")]
    [TestCase("PK", "has 2 bytes, begins like an npz file")]
    public void Open_FileThatIsNone_SaysWhatWasFoundAndWanted(string content, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["t.npz"], content);
        Assert.That(() => TensorFile.Open(folder["t.npz"]), Throws.TypeOf<FileFormatException>().With.Message.StartWith(folder["t.npz"]).And.Message.Contain(message));
    }

    [Test]
    public void Open_CutOffFile_SaysSoInItsOwnWords()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["t.npz"], File.ReadAllBytes(Data("stored.npz"))[..^40]);
        Assert.That(() => TensorFile.Open(folder["t.npz"]), Throws.TypeOf<FileFormatException>().With.Message.Contain("truncated or damaged").And.Message.Not.Contain("Central"));
    }

    [Test]
    public void Open_SingleArray_SaysHowToWriteSeveral()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["t.npz"], [0x93, .. "NUMPY\u0001\0"u8]);
        Assert.That(() => TensorFile.Open(folder["t.npz"]), Throws.TypeOf<FileFormatException>().With.Message.Contain("numpy.savez"));
    }

    [TestCase("big-endian.npz", ">f4")]
    [TestCase("objects.npz", "|O")]
    public void Open_TypeThatIsNotPlain_ThrowsNamingIt(string name, string type) =>
        Assert.That(() => Npz.Open(Data(name)), Throws.TypeOf<FileFormatException>().With.Message.Contain("array 'x'").And.Message.Contain(type));

    [Test]
    public void Write_ThenOpen_GivesTheSame()
    {
        using var folder = new TemporaryFolder();
        NamedTensor[] tensors = [new("x", Tensor.From<float>([1, 2], 1, 2)), new("labels", Tensor.Vector(3L, 4L)), new("s", Tensor.Scalar((byte)5)), new("e", Tensor.From<float>([], 0))];
        TensorFile.Write(folder["a.npz"], tensors);
        TensorFile.Write(folder["b.npz"], tensors);
        var file = TensorFile.Open(folder["a.npz"]);
        Assert.That(file.Names, Is.EqualTo(tensors.Select(t => t.Name)));
        foreach (var (name, tensor) in tensors)
        {
            Assert.That(file[name].Dims, Is.EqualTo(tensor.Dims));
            Assert.That(file[name].Bytes.ToArray(), Is.EqualTo(tensor.Bytes.ToArray()));
        }

        Assert.That(File.ReadAllBytes(folder["a.npz"]), Is.EqualTo(File.ReadAllBytes(folder["b.npz"])));
    }

    [Test]
    public void Open_DamagedFile_ReadsOrThrowsCleanly()
    {
        using var folder = new TemporaryFolder();
        Mutations.ReadOrRefuse(File.ReadAllBytes(Data("stored.npz")), folder["m.npz"], path =>
        {
            var file = Npz.Open(path);
            return file.Names.Sum(name => file[name].Bytes.Length);
        });
    }

    [Test]
    public void Open_OtherExtension_SaysWhatIsWanted() =>
        Assert.That(() => TensorFile.Open("data.csv"), Throws.TypeOf<FileFormatException>().With.Message.Contain(".safetensors or .npz"));
}
