using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class ShareTests
{
    [TestCase(50, 1.1, ExpectedResult = 55)]
    [TestCase(100, 0.07, ExpectedResult = 7)]
    [TestCase(100, 0.071, ExpectedResult = 8)]
    [TestCase(3, 1.0, ExpectedResult = 3)]
    [TestCase(2, 1e30, ExpectedResult = 2e30)]
    [TestCase(1e18, 0.5, ExpectedResult = 5e17)]
    public double RoundedUp_AnAmount_HasNoNoise(double steps, double amount) => Share.RoundedUp(steps, amount);

    [TestCase("1.1%", 3000, ExpectedResult = 33)]
    [TestCase("5%", 61, ExpectedResult = 4)]
    [TestCase("7", 61, ExpectedResult = 7)]
    public double StepsOf_AWarmup_HasNoNoise(string warmup, double steps) => Warmup.Parse(warmup).StepsOf(steps);
}
