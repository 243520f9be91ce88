using NUnit.Framework;

namespace OnnxPipeline.Models.Tests;

public sealed class FamilyTableTests
{
    [TestCase("""{"model_type": "gpt17"}""", "model_type is \"gpt17\"", "gpt2")]
    [TestCase("""{"n_layer": 2}""", "model_type is nothing", "gpt2")]
    [TestCase("""{"model_type": 2}""", "model_type is 2", "text")]
    public void Build_UnknownFamily_NamesFieldAndFamilies(string json, string found, string wanted) =>
        Assert.That(() => FamilyTable.Build(Built.Config(json), new BuildOptions("clm", false, 0)),
            Throws.InstanceOf<ModelsException>().With.Message.Contains(found).And.Message.Contains(wanted));

    [Test]
    public void Build_UnknownHead_NamesTheHeadsThatThereAre() =>
        Assert.That(() => FamilyTable.Build(Built.Config("""{"model_type": "gpt2"}"""), new BuildOptions("qa", false, 0)),
            Throws.InstanceOf<ModelsException>().With.Message.Contains("'qa'").And.Message.Contains("clm"));

    [TestCase("{", "no JSON")]
    [TestCase("[]", "array")]
    [TestCase("", "empty")]
    public void Parse_NoObject_IsRefused(string json, string said) =>
        Assert.That(() => Built.Config(json), Throws.InstanceOf<ModelsException>().With.Message.Contains(said));
}
