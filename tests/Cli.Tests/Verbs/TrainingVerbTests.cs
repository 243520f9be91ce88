using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests.Verbs;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TrainingVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [TestCase("train --artifacts A --data d.npz", "--out", 64)]
    [TestCase("train --data d.npz --out R", "--artifacts", 64)]
    [TestCase("train --resume R --out Q", "--resume", 64)]
    [TestCase("train --resume R --force", "--force", 64)]
    [TestCase("train --artifacts A --data d.npz --out R --warmup many", "--warmup", 64)]
    [TestCase("train --artifacts A --data d.npz --out R --warmup 101%", "--warmup", 64)]
    [TestCase("train --artifacts A --data d.npz --out R --schedule square", "--schedule", 64)]
    [TestCase("train --artifacts A --data d.npz --out R --engine tensorflow", "--engine", 64)]
    [TestCase("train --artifacts A --data d.npz --out R --batch-size 0", "--batch-size", 64)]
    [TestCase("train --artifacts A --data d.npz --out R", "A does not exist", 1)]
    [TestCase("train --resume R", "R is not a run", 1)]
    [TestCase("gradients --artifacts A --data d.npz", "--out", 64)]
    [TestCase("gradients --artifacts A --data d.npz --rows 4:4 --out g.npz", "--rows", 64)]
    [TestCase("gradients --artifacts A --data d.npz --out g.npz", "A does not exist", 1)]
    [TestCase("pretrain --config c.json --out R", "--data", 64)]
    [TestCase("pretrain --config c.json --data t.txt --out R", "t.txt does not exist", 1)]
    [TestCase("pretrain --data text.txt --out R", "--config", 64)]
    [TestCase("pretrain --config c.json --model M --data text.txt --out R", "--model", 64)]
    [TestCase("pretrain --config config.json --data text.txt --out R", "no tokenizer", 1)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --block 9 --out R", "8 positions", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --validation 1.5 --out R", "--validation", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --steps 3 --minutes 3 --out R", "--minutes", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --objective mlm --out R", "no head 'mlm'", 1)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --whole-word --out R", "--whole-word", 64)]
    [TestCase("pretrain --config bert.json --data text.txt --tokenizer . --objective mlm --mask-probability 0 --out R", "--mask-probability", 64)]
    [TestCase("pretrain --config bert.json --data text.txt --tokenizer characters --objective mlm --out R", "--kind wordpiece", 1)]
    [TestCase("pretrain --config bert.json --data text.txt --tokenizer . --objective mlm --documents page --out R", "--documents", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --momentum 0.9 --out R", "--momentum does not go with --optimizer adamw", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --optimizer sgd --betas 0.9,0.99 --out R", "--betas does not go with --optimizer sgd", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer . --optimizer sgd --eps 1e-7 --out R", "--eps does not go with --optimizer sgd", 64)]
    [TestCase("pretrain --config config.json --data text.txt --tokenizer characters --schedule linear --min-lr 1e-5 --out R", "--schedule cosine", 64)]
    [TestCase("export --out E", "--run", 64)]
    [TestCase("export --run R --model M --out E", "--model", 64)]
    [TestCase("export --run R --out E", "R is not a run", 1)]
    public async Task Verb_WhatDoesNotGo_IsRefusedByNameAndLeavesNothing(string line, string named, int code)
    {
        File.WriteAllText(Path.Combine(_folder, "text.txt"), "some text");
        File.WriteAllText(Path.Combine(_folder, "config.json"), """{"model_type": "gpt2", "n_positions": 8, "n_embd": 4, "n_layer": 1, "n_head": 1, "vocab_size": 300}""");
        File.WriteAllText(Path.Combine(_folder, "bert.json"), """{"model_type": "bert", "max_position_embeddings": 8, "hidden_size": 4, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 300}""");
        await Call.Of("tokenizer", "train", "--kind", "char", "--input", Path.Combine(_folder, "text.txt"), "--out", Path.Combine(_folder, "characters"));
        var before = Directory.GetFileSystemEntries(_folder);
        var words = line.Split(' ');
        string[] paths = ["--artifacts", "--data", "--out", "--resume", "--config", "--model", "--run", "--tokenizer"];

        var call = await Call.Of([.. words.Select((word, i) => i > 0 && paths.Contains(words[i - 1]) && !word.StartsWith('-') ? Path.Combine(_folder, word) : word)]);

        Assert.That(call.Code, Is.EqualTo(code), call.Error);
        Assert.That(call.Error, Does.StartWith("error: ").And.Contain(named));
        Assert.That(Directory.GetFileSystemEntries(_folder), Is.EquivalentTo(before));
    }
}
