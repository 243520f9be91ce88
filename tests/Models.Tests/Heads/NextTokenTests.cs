using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests.Heads;

public sealed class NextTokenTests
{
    private const string Config = """
        {"model_type": "gpt2", "vocab_size": 7, "n_positions": 8, "n_embd": 8, "n_layer": 1, "n_head": 2, "initializer_range": 0.5}
        """;

    private static readonly Tensor Ids = Built.Rows([1, 2, 3, 4], [6, 5, 0, 0]);

    [Test]
    public void Loss_SomeLabelsIgnored_IsTheMeanOverTheOthersShifted()
    {
        using var built = new Built(Config, withLoss: true);
        var labels = Built.Rows([1, 2, -100, 4], [6, 5, -100, -100]);
        var logits = built.Run("logits", Ids, null, ("labels", labels)).As<float>().ToArray();
        // position 0 of row 0 predicts 2, position 2 predicts 4; position 0 of row 1 predicts 5
        var expected = (NegativeLog(logits, 0, 2) + NegativeLog(logits, 2, 4) + NegativeLog(logits, 4, 5)) / 3;
        var loss = built.Run("loss", Ids, null, ("labels", labels));
        Assert.That(loss.Dims, Is.Empty);
        Assert.That(loss.As<float>()[0], Is.EqualTo(expected).Within(1e-5));
    }

    [Test]
    public void Loss_FirstLabels_DoNotCount()
    {
        using var built = new Built(Config, withLoss: true);
        var one = built.Run("loss", Ids, null, ("labels", Built.Rows([0, 2, 3, 4], [0, 5, 0, 0]))).As<float>()[0];
        var other = built.Run("loss", Ids, null, ("labels", Built.Rows([6, 2, 3, 4], [-100, 5, 0, 0]))).As<float>()[0];
        Assert.That(other, Is.EqualTo(one));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Loss_NothingToPredict_IsZero(bool ignored)
    {
        using var built = new Built(Config, withLoss: true);
        var loss = ignored
            ? built.Run("loss", Ids, null, ("labels", Built.Rows([1, -100, -100, -100], [1, -100, -100, -100])))
            : built.Run("loss", Built.Rows([1L], [2L]), null, ("labels", Built.Rows([1L], [2L]))); // one position has no next
        Assert.That(loss.As<float>()[0], Is.Zero);
    }

    [Test]
    public void Loss_WithIt_LossIsTheFirstOutputAndLabelsTheLastInput()
    {
        using var built = new Built(Config, withLoss: true);
        Assert.That(built.Model.Graph.Outputs.Select(v => v.Name), Is.EqualTo(new[] { "loss", "logits" }));
        Assert.That(built.Model.Graph.Inputs.Select(v => v.Name), Is.EqualTo(new[] { "input_ids", "attention_mask", "labels" }));
        Assert.That(built.Model.Graph.AllNodes().Select(n => n.Domain), Is.All.Empty);
    }

    private static double NegativeLog(float[] logits, int position, int label)
    {
        var row = logits.AsSpan(position * 7, 7).ToArray();
        return Math.Log(row.Sum(v => Math.Exp(v))) - row[label];
    }
}
