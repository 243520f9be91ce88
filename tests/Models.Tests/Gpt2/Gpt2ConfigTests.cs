using NUnit.Framework;
using OnnxPipeline.Models.Gpt2;

namespace OnnxPipeline.Models.Tests.Gpt2;

public sealed class Gpt2ConfigTests
{
    [Test]
    public void From_NothingButTheFamily_GivesGpt2Small()
    {
        var config = Gpt2Config.From(Built.Config("""{"model_type": "gpt2"}"""));
        Assert.That(config, Is.EqualTo(new Gpt2Config()));
        Assert.That((config.VocabSize, config.NPositions, config.NEmbd, config.NLayer, config.NHead), Is.EqualTo((50257, 1024, 768, 12, 12)));
    }

    [Test]
    public void From_TheNamesThatAllFamiliesShare_AreTheSameFields()
    {
        var config = Gpt2Config.From(Built.Config("""{"model_type": "gpt2", "hidden_size": 6, "num_hidden_layers": 0, "num_attention_heads": 3, "max_position_embeddings": 9}"""));
        Assert.That((config.NEmbd, config.NLayer, config.NHead, config.NPositions), Is.EqualTo((6, 0, 3, 9)));
    }

    [TestCase("""{"n_embd": "32"}""", "n_embd", "\"32\"", "whole number")]
    [TestCase("""{"n_layer": 1.5}""", "n_layer", "1.5", "whole number")]
    [TestCase("""{"n_head": 0}""", "n_head", "0", "at least 1")]
    [TestCase("""{"n_embd": 10, "n_head": 4}""", "n_embd", "10", "multiple of n_head (4)")]
    [TestCase("""{"activation_function": "gelu_old"}""", "activation_function", "gelu_old", "gelu_new")]
    [TestCase("""{"attn_pdrop": 1}""", "attn_pdrop", "1", "below 1")]
    [TestCase("""{"scale_attn_weights": "yes"}""", "scale_attn_weights", "yes", "true or false")]
    [TestCase("""{"add_cross_attention": true}""", "add_cross_attention", "true", "cross attention")]
    [TestCase("""{"quantization_config": {"bits": 4}}""", "quantization_config", "bits", "quantized")]
    public void From_FieldThatCannotBe_SaysFileFieldFoundAndWanted(string json, string field, string found, string wanted) =>
        Assert.That(() => Gpt2Config.From(Built.Config(json)), Throws.InstanceOf<ModelsException>()
            .With.Message.Contains("config.json").And.Message.Contains(field).And.Message.Contains(found).And.Message.Contains(wanted));
}
