using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Tests.Verbs;

/// <summary>A model that guesses c for every mask, of the vocabulary [PAD] [UNK] [CLS] [SEP] [MASK] a b c.</summary>
[TestFixture]
public sealed class FillMaskVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe-cli-").FullName;

    [OneTimeSetUp]
    public void MakeModel()
    {
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"];
        File.WriteAllLines(Path.Combine(_folder, "vocab.txt"), vocabulary);
        var table = new float[vocabulary.Length * vocabulary.Length];
        table[(4 * vocabulary.Length) + 7] = 3;
        var b = new GraphBuilder(new Graph("guessing"), 18);
        var logits = b.Gather(b.Initializer("table", Tensor.From<float>(table, vocabulary.Length, vocabulary.Length)), b.Input("input_ids", ElementType.Int64, Shape.Of("batch", "length")));
        logits.Type = new TensorType(ElementType.Float, Shape.Of("batch", "length", vocabulary.Length));
        b.Output(logits, "logits");
        var model = new Model(b.Graph);
        model.OpsetImports[""] = 18;
        ModelFile.Save(model, Path.Combine(_folder, "model.onnx"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task FillMask_TextsAsArguments_AnswersEachOnALine()
    {
        var call = await Call.Of("fill-mask", "--model", _folder, "a [MASK]", "[MASK] [MASK]", "--top", "2", "--json");

        Assert.That(call.Code, Is.Zero, call.Error);
        var rows = call.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(rows.Select(row => row.GetProperty("text").GetString()), Is.EqualTo(new[] { "a [MASK]", "[MASK] [MASK]" }));
        Assert.That(rows.Select(row => row.GetProperty("masks").GetArrayLength()), Is.EqualTo(new[] { 1, 2 }));
        var best = rows[0].GetProperty("masks")[0][0];
        Assert.That((best.GetProperty("token").GetString(), best.GetProperty("id").GetInt32()), Is.EqualTo(("c", 7)));
        Assert.That(best.GetProperty("score").GetDouble(), Is.EqualTo(Math.Exp(3) / (Math.Exp(3) + 7)).Within(1e-6));
        Assert.That(rows[0].GetProperty("masks")[0].GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task FillMask_LinesOfInputWithoutTheJsonFlag_AreAnsweredInJsonToo()
    {
        var call = await Call.Of(["fill-mask", "--model", _folder, "--top", "1"], "a [MASK] b\n", CancellationToken.None);

        Assert.That(call.Code, Is.Zero, call.Error);
        var answer = JsonDocument.Parse(call.Output).RootElement;
        Assert.That((answer.GetProperty("text").GetString(), answer.GetProperty("masks")[0][0].GetProperty("token").GetString()), Is.EqualTo(("a [MASK] b", "c")));
    }

    [TestCase("no mask here", "write [MASK]", 1)]
    [TestCase("--top 0 [MASK]", "--top", 64)]
    public async Task FillMask_WhatDoesNotGo_IsRefused(string words, string named, int code)
    {
        var call = await Call.Of(["fill-mask", "--model", _folder, .. code == 64 ? words.Split(' ') : [words]]);

        Assert.That(call.Code, Is.EqualTo(code), call.Error);
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(named));
    }
}
