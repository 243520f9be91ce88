using NUnit.Framework;
using OnnxPipeline.Models.Bert;

namespace OnnxPipeline.Models.Tests.Bert;

public sealed class BertConfigTests
{
    [Test]
    public void From_NothingButTheFamily_GivesBertBase()
    {
        var config = BertConfig.From(Built.Config("""{"model_type": "bert"}"""));
        Assert.That(config, Is.EqualTo(new BertConfig()));
        Assert.That((config.VocabSize, config.HiddenSize, config.NumHiddenLayers, config.NumAttentionHeads, config.IntermediateSize), Is.EqualTo((30522, 768, 12, 12, 3072)));
    }

    [TestCase("""{"position_embedding_type": "absolute", "is_decoder": false, "use_cache": true, "classifier_dropout": null, "pruned_heads": {}, "pad_token_id": 0}""")]
    public void From_FieldsThatChangeNothing_AreTaken(string json) => Assert.That(BertConfig.From(Built.Config(json)), Is.EqualTo(new BertConfig()));

    [TestCase("""{"hidden_size": 10, "num_attention_heads": 4}""", "hidden_size", "10", "multiple of num_attention_heads (4)")]
    [TestCase("""{"hidden_act": "gelu_old"}""", "hidden_act", "gelu_old", "gelu_new")]
    [TestCase("""{"hidden_dropout_prob": 1}""", "hidden_dropout_prob", "1", "below 1")]
    [TestCase("""{"position_embedding_type": "relative_key"}""", "position_embedding_type", "relative_key", "absolute")]
    [TestCase("""{"is_decoder": true}""", "is_decoder", "true", "encoder")]
    [TestCase("""{"pad_token_id": 40000}""", "pad_token_id", "40000", "below vocab_size (30522)")]
    public void From_FieldThatCannotBe_SaysFileFieldFoundAndWanted(string json, string field, string found, string wanted) =>
        Assert.That(() => BertConfig.From(Built.Config(json)), Throws.InstanceOf<ModelsException>()
            .With.Message.Contains("config.json").And.Message.Contains(field).And.Message.Contains(found).And.Message.Contains(wanted));

    [Test]
    public void From_OneSegmentAndAHeadForPairs_IsRefused()
    {
        var file = Built.Config("""{"type_vocab_size": 1}""");
        Assert.That(() => BertConfig.From(file, "mlm-nsp"), Throws.InstanceOf<ModelsException>().With.Message.Contains("type_vocab_size is 1, wanted at least 2"));
        Assert.That(BertConfig.From(file, "mlm").TypeVocabSize, Is.EqualTo(1));
    }
}
