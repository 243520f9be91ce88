using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Tests.Verbs;

/// <summary>A model whose next id is the one before and one, of 12: the letters a to j, <c>&lt;unk&gt;</c>, <c>&lt;|endoftext|&gt;</c>.</summary>
[TestFixture]
public sealed class GenerateVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe-cli-").FullName;

    [OneTimeSetUp]
    public async Task MakeModel()
    {
        File.WriteAllText(Path.Combine(_folder, "text.txt"), "abcdefghij");
        await Call.Of("tokenizer", "train", "--kind", "char", "--input", Path.Combine(_folder, "text.txt"), "--out", Model);
        const int Ids = 12;
        var table = new float[Ids * Ids];
        for (var id = 0; id < Ids; id++)
        {
            table[(id * Ids) + ((id + 1) % Ids)] = 1;
        }

        var b = new GraphBuilder(new Graph("counting"), 18);
        var logits = b.Gather(b.Initializer("table", Tensor.From<float>(table, Ids, Ids)), b.Input("input_ids", ElementType.Int64, Shape.Of("batch", "length")));
        logits.Type = new TensorType(ElementType.Float, Shape.Of("batch", "length", Ids));
        b.Output(logits, "logits");
        var model = new Model(b.Graph);
        model.OpsetImports[""] = 18;
        ModelFile.Save(model, Path.Combine(Model, "model.onnx"));
        File.WriteAllText(Path.Combine(Model, "config.json"), """{"n_positions": 8}""");
    }

    private string Model => Path.Combine(_folder, "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Generate_PromptsAndIdsMixed_AnswersInTheirOrder()
    {
        var rows = await Generate("--prompt", "ab", "--ids", "4,5", "--prompt", "gh", "a", "--max-tokens", "2");
        Assert.That(rows.Select(row => row.GetProperty("prompt_ids").GetRawText()), Is.EqualTo(new[] { "[0,1]", "[4,5]", "[6,7]", "[0]" }));
        Assert.That(rows.Select(row => row.GetProperty("ids").GetRawText()), Is.EqualTo(new[] { "[2,3]", "[6,7]", "[8,9]", "[1,2]" }));
        Assert.That(rows.Select(row => row.GetProperty("text").GetString()), Is.EqualTo(new[] { "cd", "gh", "ij", "bc" }));
        Assert.That(rows[0].GetProperty("log_probs")[1].GetDouble(), Is.EqualTo(1 - Math.Log(Math.E + 11)).Within(1e-6));
    }

    [TestCase("--prompt i", "eos")]
    [TestCase("--prompt i --ignore-eos --max-tokens 5", "length")]
    [TestCase("--prompt a --stop ef", "stop")]
    public async Task Generate_EveryEnd_HasItsReason(string flags, string reason)
    {
        Assert.That((await Generate(flags.Split(' '))).Single().GetProperty("finish_reason").GetString(), Is.EqualTo(reason));
    }

    [Test]
    public async Task Generate_SampledWithASeed_IsRepeatable()
    {
        string[] flags = ["generate", "--model", Model, "--prompt", "a", "--temperature", "1", "--top-k", "4", "--top-p", "0.9", "--min-p", "0.01", "--repetition-penalty", "1.2", "--ignore-eos"];
        var calls = new[] { await Call.Of([.. flags, "--seed", "1"]), await Call.Of([.. flags, "--seed", "1"]), await Call.Of([.. flags, "--seed", "2"]) };
        Assert.That(calls[1].Output, Is.EqualTo(calls[0].Output).And.Not.Empty);
        Assert.That(calls[2].Output, Is.Not.EqualTo(calls[0].Output));
    }

    [Test]
    public async Task Generate_APromptLongerThanThePositions_WarnsAndGoesOn()
    {
        var call = await Call.Of("generate", "--model", Model, "--prompt", "abcdefghij", "--max-tokens", "3", "--ignore-eos");
        Assert.That(call.Error, Does.StartWith("warning: ").And.Contain("the last 8"));
        Assert.That(call.Output, Does.Contain("\"ids\":[10,11,0]"));
    }

    [TestCase("--prompt a --ids one", "'one'", 64)]
    [TestCase("--temperature 1", "--prompt or --ids", 64)]
    [TestCase("--prompt a --top-p 2", "from 0 to 1", 64)]
    [TestCase("--ids 99", "99", 1)]
    public async Task Generate_WhatDoesNotGo_IsRefused(string flags, string named, int code)
    {
        var call = await Call.Of(["generate", "--model", Model, .. flags.Split(' ')]);
        Assert.That(call.Code, Is.EqualTo(code));
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(named));
    }

    private async Task<List<JsonElement>> Generate(params string[] flags)
    {
        var call = await Call.Of(["generate", "--model", Model, .. flags]);
        Assert.That(call.Code, Is.Zero, call.Error);
        return [.. call.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
