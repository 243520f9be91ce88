using NUnit.Framework;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class MaskedExamplesTests
{
    private static readonly string[] Inputs = ["input_ids", "attention_mask", "token_type_ids", "labels"];

    private string _root = "";

    [SetUp]
    public void Make() => _root = Directory.CreateTempSubdirectory("masked").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_root, true);

    [Test]
    public void Fill_RowsOfDifferentLength_ArePaddedToAMultipleOfEight()
    {
        var engine = new CausalExamplesTests.RecordingEngine([.. Inputs, "position_ids"]);
        var examples = Examples(engine, pairs: false, "a b c d e f g", "a b", "a b c d e f g h a b c d e f g h");

        examples.Fill(engine, 0, [1, 0]);

        var (ids, labels, attention) = (engine.Filled["input_ids"], engine.Filled["labels"], engine.Filled["attention_mask"]);
        Assert.That(ids, Has.Length.EqualTo(2 * 16), "9 tokens at most");
        long[] first = [.. ids.Zip(labels, (id, label) => label >= 0 ? label : id)];
        Assert.That(first, Is.EqualTo(new long[] { 2, 5, 6, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 6, 7, 8, 9, 10, 11, 3, 0, 0, 0, 0, 0, 0, 0 }));
        Assert.That(attention, Is.EqualTo(first.Select(id => id == 0 ? 0L : 1)));
        Assert.That(engine.Filled["position_ids"][16..], Is.EqualTo(Enumerable.Range(0, 16)));
        Assert.That(examples.Counted(0, [1, 0]), Is.EqualTo(labels.Count(label => label != -100)).And.GreaterThanOrEqualTo(2));
        examples.Fill(engine, 0, [2]);
        Assert.That(engine.Filled["input_ids"], Has.Length.EqualTo(20), "the block, which is no multiple of 8");
    }

    [Test]
    public void Fill_Pairs_CountsExamplesAndSaysWhichFollow()
    {
        var engine = new CausalExamplesTests.RecordingEngine([.. Inputs, "next_sentence_label"]);
        var examples = Examples(engine, pairs: true, [.. Enumerable.Repeat("a b c d e f g h", 40), "a a a"]);
        var rows = Enumerable.Range(0, 40).Select(i => (long)i).ToArray();

        examples.Fill(engine, 3, rows);

        Assert.That((examples.Unit, examples.Counted(3, rows)), Is.EqualTo(("examples", 40L)));
        Assert.That(engine.Filled["next_sentence_label"].Sum(), Is.InRange(8, 32));
        Assert.That(engine.Filled["next_sentence_label"], Is.All.InRange(0, 1));
        Assert.That(engine.Filled["token_type_ids"].Sum(), Is.GreaterThan(40));
    }

    [Test]
    public void Constructor_InputThatTextDoesNotGive_IsNamed()
    {
        var engine = new CausalExamplesTests.RecordingEngine("input_ids", "labels", "pixel_values");
        Assert.That(() => Examples(engine, pairs: false, "a b"), Throws.TypeOf<TrainingException>().With.Message.Contains("pixel_values"));
    }

    private MaskedExamples Examples(CausalExamplesTests.RecordingEngine engine, bool pairs, params string[] documents)
    {
        File.WriteAllText(Path.Combine(_root, "text.txt"), string.Join("\n\n", documents));
        File.WriteAllLines(Path.Combine(_root, "vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. "abcdefgh".Select(c => c.ToString())]);
        var tokenizer = Tokenizer.Load(_root);
        var file = TokenCache.Open([Path.Combine(_root, "text.txt")], tokenizer, _root, DocumentEnd.BlankLine);
        var blocks = MaskedBlocks.ForTraining(Documents.In(file, tokenizer), tokenizer, new Masking(tokenizer, 0.15, false), 20, pairs, seed: 1);
        return new MaskedExamples(blocks, tokenizer.PadId!.Value, engine.Inputs);
    }
}
