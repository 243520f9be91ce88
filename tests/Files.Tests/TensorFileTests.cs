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
}
