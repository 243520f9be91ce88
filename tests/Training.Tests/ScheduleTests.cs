using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class ScheduleTests
{
    [TestCase("constant", 0, 0.0)]
    [TestCase("constant", 5, 0.05)]
    [TestCase("constant", 50, 0.1)]
    [TestCase("linear", 10, 0.1)]
    [TestCase("linear", 55, 0.05)]
    [TestCase("linear", 99, 0.1 / 90)]
    [TestCase("cosine", 10, 0.1)]
    [TestCase("cosine", 55, 0.06)]
    [TestCase("cosine", 100, 0.02)]
    public void At_TenStepsWarmupOfHundred_FollowsTheFormula(string kind, long step, double wanted) =>
        Assert.That(new Schedule(kind, 0.1, 0.02, Warmup.Parse("10")).At(step, 100), Is.EqualTo(wanted).Within(1e-12));

    [TestCase("5%", 101, 6)]
    [TestCase("0", 101, 0)]
    [TestCase("7", 3, 7)]
    public void StepsOf_Warmup_RoundsSharesUp(string text, double steps, double wanted) => Assert.That(Warmup.Parse(text).StepsOf(steps), Is.EqualTo(wanted));

    [TestCase("five")]
    [TestCase("-1")]
    [TestCase("101%")]
    [TestCase("1.5")]
    [TestCase("1,000")]
    [TestCase("Infinity")]
    [TestCase("NaN%")]
    public void Parse_NoWarmup_IsWrongUsage(string text) =>
        Assert.That(() => Warmup.Parse(text), Throws.TypeOf<TrainingException>().With.Property("ExitCode").EqualTo(64));
}
