using System.Text.Json;
using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class RunConfigTests
{
    private static readonly RunConfig Config = new() { Verb = "train", Data = ["a"], Beta1 = 0.7, Shuffle = false, Group = ["*: lr=1"], EarlyStop = 3 };

    [Test]
    public void Json_ReadBack_IsTheSameConfigurationUnderTheFlagsNames()
    {
        var json = JsonSerializer.Serialize(Config, TrainingJson.Default.RunConfig);

        Assert.That(Config.Differences(JsonSerializer.Deserialize(json, TrainingJson.Default.RunConfig)!), Is.Empty);
        Assert.That(json, Does.Contain("\"betas\"").And.Contain("\"no-shuffle\": true").And.Contain("\"early-stop\": 3").And.Not.Contain("beta1"));
    }

    [Test]
    public void Differences_OtherValues_HasBothOfEach() => Assert.That(
        Config.Differences(Config with { Data = ["a"], Beta1 = 0.9, EarlyStop = null, Group = ["*: lr=2"] }),
        Is.EquivalentTo(new[] { ("betas", "[0.7,0.999]", "[0.9,0.999]"), ("early-stop", "3", "not given"), ("group", "[\"*: lr=1\"]", "[\"*: lr=2\"]") }));

    [Test]
    public void Check_FrozenGroupInTrain_SaysWhyNot()
    {
        var frozen = Config with { Group = ["a.*: frozen"] };

        Assert.That(frozen.Check, Throws.TypeOf<TrainingException>().With.Message.Contains("artifacts --frozen 'a.*'").And.Property("ExitCode").EqualTo(64));
        Assert.That((frozen with { Verb = "pretrain" }).Check, Throws.Nothing);
    }
}
