using System.IO.Compression;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Artifacts.Tests;

public sealed class TrainingGraphSizeTests
{
    /// <summary>Of the training graph that Microsoft's offline tool makes of the same model.</summary>
    private const int NodesOfMicrosoftsTool = 286;

    [Test]
    public void Write_GptWithEverythingSpelledOut_HasNoMoreNodesThanMicrosoftsTool()
    {
        using var folder = new TemporaryFolder();
        using var target = OutputTarget.Folder(folder["out"], force: false);
        using var packed = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "gpt-opset15.onnx.gz")), CompressionMode.Decompress);
        using var model = new MemoryStream();
        packed.CopyTo(model);
        ArtifactWriter.Write(ModelFile.Parse(model.ToArray(), "gpt-opset15.onnx"), new(), target);
        var nodes = ModelFile.Load(Path.Combine(target.Path, "training_model.onnx")).Graph.Nodes;
        Assert.That(nodes, Has.Count.LessThanOrEqualTo(NodesOfMicrosoftsTool));
        Assert.That(nodes.Count(n => n.OpType == "LayerNormalization"), Is.EqualTo(5));
        Assert.That(nodes.Count(n => n.OpType == "Gelu"), Is.EqualTo(2));
        Assert.That(nodes.Select(n => n.OpType), Has.None.EqualTo("Constant"));
    }
}
