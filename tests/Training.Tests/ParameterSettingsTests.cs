using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class ParameterSettingsTests
{
    private static readonly EngineParameter[] Parameters =
        [new("a.weight", ElementType.Float, [2, 2], true), new("a.bias", ElementType.Float, [2], true), new("head.weight", ElementType.Float, [2, 2], true)];

    [Test]
    public void Optimizer_Groups_TheLaterOneWinsInWhatItNames()
    {
        var settings = new ParameterSettings(Config(["*: lr=0.1, weight-decay=0.3", "head.*: lr=0.2", "*.bias: weight-decay=0"]), Parameters);

        Assert.That(Parameters.Select(p => settings.Optimizer.WeightDecay[p.Name]), Is.EqualTo(new[] { 0.3f, 0, 0.3f }));
        Assert.That(Parameters.Select(p => Rates(settings, 0)[settings.Optimizer.LearningRate[p.Name]]), Is.EqualTo(new[] { 0.1f, 0.1f, 0.2f }));
        Assert.That(Rates(settings, 0)[0], Is.EqualTo(1f), "the main rate, which metrics.csv shows");
    }

    [TestCase("train", 0.5f)]
    [TestCase("pretrain", 0f)]
    public void Optimizer_BiasWithoutAGroup_DecaysInTrainOnly(string verb, float decay) =>
        Assert.That(new ParameterSettings(Config([]) with { Verb = verb }, Parameters).Optimizer.WeightDecay["a.bias"], Is.EqualTo(decay));

    [Test]
    public void Optimizer_NoDecay_WinsOverGroups()
    {
        var settings = new ParameterSettings(Config(["*: weight-decay=0.3"]) with { NoDecay = ["*.bias", "head.*"] }, Parameters);

        Assert.That(Parameters.Select(p => settings.Optimizer.WeightDecay[p.Name]), Is.EqualTo(new[] { 0.3f, 0, 0 }));
    }

    [Test]
    public void RatesAt_Cosine_EndsEveryGroupAtTheSameRate()
    {
        var settings = new ParameterSettings(Config(["head.*: lr=0.2"]) with { Schedule = "cosine", MinLr = 0.1, Warmup = Warmup.Parse("10") }, Parameters);

        Assert.That(Rates(settings, 5), Is.EqualTo(new[] { 0.5f, 0.1f }));
        Assert.That(Rates(settings, 10), Is.EqualTo(new[] { 1f, 0.2f }));
        Assert.That(Rates(settings, 55), Is.EqualTo(new[] { 0.55f, 0.15f }).Within(1e-6), "halfway to the least rate");
        Assert.That(Rates(settings, 100), Is.EqualTo(new[] { 0.1f, 0.1f }));
    }

    [Test]
    public void Constructor_PatternThatMatchesNothing_NamesTheClosest([Values] bool group)
    {
        var config = group ? Config(["a.weigth: lr=1"]) : Config([]) with { NoDecay = ["a.weigth"] };

        Assert.That(() => new ParameterSettings(config, Parameters), Throws.TypeOf<NamePatternException>().With.Message.Contains(group ? "--group 'a.weigth'" : "--no-decay 'a.weigth'")
            .And.Message.Contains("a.weight, a.bias, head.weight").And.Property("ExitCode").EqualTo(1));
    }

    private static RunConfig Config(IReadOnlyList<string> groups) => new() { Verb = "train", Data = [], Lr = 1, WeightDecay = 0.5, Group = groups };

    private static float[] Rates(ParameterSettings settings, long step) => settings.RatesAt(step, 100).ToArray();
}
