using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Training.Tests;

public sealed class TensorDatasetTests
{
    private static readonly TensorSpec Ids = new("input_ids", ElementType.Int64, [-1, 3], ["batch", ""]);
    private static readonly TensorSpec Labels = new("labels", ElementType.Int64, [-1], ["rows"]);
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("onnxpipeline").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase(".safetensors")]
    [TestCase(".npz")]
    public void Open_LabelsFlattenedOverPositions_GivesEachExampleItsRows(string extension)
    {
        var data = TensorDataset.Open(Write(extension, ("input_ids", Numbers(2, 3)), ("labels", Numbers(6))), [Ids, Labels]);
        Assert.That(data.Count, Is.EqualTo(2));
        Assert.That(data.Dims(1, 2), Is.EqualTo(new long[] { 6 }));
        Assert.That(MemoryMarshal.Cast<byte, long>(data.Example(0, 1)).ToArray(), Is.EqualTo(new long[] { 3, 4, 5 }));
        Assert.That(MemoryMarshal.Cast<byte, long>(data.Example(1, 1)).ToArray(), Is.EqualTo(new long[] { 3, 4, 5 }));
        Assert.That(data.Example(1, 0).Length, Is.EqualTo(3 * sizeof(long)));
    }

    [Test]
    public void Open_RowsThatAreNoMultiple_NamesBothInputs() =>
        Assert.That(() => TensorDataset.Open(Write(".npz", ("input_ids", Numbers(2, 3)), ("labels", Numbers(5))), [Ids, Labels]),
            Throws.TypeOf<FileFormatException>().With.Message.Contains("'labels' has 5 rows").And.Message.Contains("'input_ids' 2"));

    [Test]
    public void Open_MissingInput_NamesItAndWhatIsThere() =>
        Assert.That(() => TensorDataset.Open(Write(".npz", ("inputs", Numbers(2, 3))), [Ids]),
            Throws.TypeOf<FileFormatException>().With.Message.Contains("'input_ids: Int64 [batch, 3]'").And.Message.Contains("inputs"));

    [Test]
    public void Open_OtherFixedDimension_NamesBothShapes() =>
        Assert.That(() => TensorDataset.Open(Write(".npz", ("input_ids", Numbers(2, 4))), [Ids]),
            Throws.TypeOf<FileFormatException>().With.Message.Contains("[2, 4]").And.Message.Contains("[batch, 3]"));

    [Test]
    public void Open_OtherElementType_SaysSo() =>
        Assert.That(() => TensorDataset.Open(Write(".npz", ("input_ids", Tensor.From<float>(new float[6], 2, 3))), [Ids]),
            Throws.TypeOf<FileFormatException>().With.Message.Contains("element type"));

    [Test]
    public void Open_NoExamples_IsRefused() =>
        Assert.That(() => TensorDataset.Open(Write(".npz", ("input_ids", Numbers(0, 3))), [Ids]),
            Throws.TypeOf<FileFormatException>().With.Message.Contains("no example"));

    private static Tensor Numbers(params ReadOnlySpan<long> dims)
    {
        long count = 1;
        foreach (var dim in dims)
        {
            count *= dim;
        }

        return Tensor.From<long>(Enumerable.Range(0, (int)count).Select(i => (long)i).ToArray(), dims);
    }

    private string Write(string extension, params (string Name, Tensor Tensor)[] tensors)
    {
        var path = Path.Combine(_folder, "data" + extension);
        TensorFile.Write(path, [.. tensors.Select(t => new NamedTensor(t.Name, t.Tensor))]);
        return path;
    }
}
