using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

public sealed class TensorFileTests
{
    private static readonly NamedTensor[] Content = [new("x", Tensor.Vector(1f, 2f))];

    [TestCase("a.safetensors")]
    [TestCase("a.NPZ")]
    public void Write_Target_TakesItsPlaceInTheFormatOfTheFinalName(string name)
    {
        using var folder = new TemporaryFolder();
        using (var target = OutputTarget.File(folder[name], force: false))
        {
            TensorFile.Write(target, Content);
        }

        Assert.That(TensorFile.Open(folder[name])["x"].As<float>().ToArray(), Is.EqualTo(new[] { 1f, 2f }));
        Assert.That(folder.Names, Is.EqualTo(new[] { name }));
    }

    [Test]
    public void Write_OtherExtension_IsRefusedAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using (var target = OutputTarget.File(folder["a.bin"], force: false))
        {
            Assert.That(() => TensorFile.Write(target, Content), Throws.TypeOf<FileFormatException>().With.Message.Contains(".safetensors or .npz"));
        }

        Assert.That(folder.Names, Is.Empty);
    }

    [TestCase("a.safetensors")]
    [TestCase("a.npz")]
    public void Rows_OfATensor_AreItsPartsAndNoOthers(string name)
    {
        using var folder = new TemporaryFolder();
        TensorFile.Write(folder[name], [new("x", Tensor.From<float>([1, 2, 3, 4, 5, 6], 3, 2)), new("y", Tensor.Vector(7f)), new("z", Tensor.Scalar(8f))]);
        var file = TensorFile.Open(folder[name]);
        var rows = file.Rows("x");

        Assert.That(MemoryMarshal.Cast<byte, float>(rows.Span(1, 2)).ToArray(), Is.EqualTo(new[] { 3f, 4, 5, 6 }));
        Assert.That(rows.RowBytes, Is.EqualTo(8));
        Assert.That(() => rows.Span(2, 2).Length, Throws.TypeOf<FileFormatException>().With.Message.EqualTo("'x' has 3 rows; 2 from row 2 on were wanted."));
        Assert.That(() => file.Rows("z"), Throws.TypeOf<FileFormatException>());
        Assert.That(() => file.Rows("w"), Throws.TypeOf<FileFormatException>().With.Message.Contains("no tensor 'w'"));
    }

    [Test]
    public void Rows_OfATensorLargerThanMemoryHolds_AreRead()
    {
        using var folder = new TemporaryFolder();
        const long Rows = 600_000_000; // of 4 bytes, nearly all of them a hole in the file
        var header = Encoding.UTF8.GetBytes($$"""{"x":{"dtype":"I32","shape":[{{Rows}},1],"data_offsets":[0,{{4 * Rows}}] } }""");
        using (var stream = File.Create(folder["large.safetensors"]))
        {
            stream.Write(BitConverter.GetBytes((long)header.Length));
            stream.Write(header);
            stream.SetLength(8 + header.Length + 4 * Rows);
            stream.Seek(-4, SeekOrigin.End);
            stream.Write(BitConverter.GetBytes(7));
        }

        var file = TensorFile.Open(folder["large.safetensors"]);

        Assert.That(MemoryMarshal.Cast<byte, int>(file.Rows("x").Span(Rows - 2, 2)).ToArray(), Is.EqualTo(new[] { 0, 7 }));
        Assert.That(() => file["x"], Throws.TypeOf<FileFormatException>().With.Message.Contains("in one piece"));
    }
}
