using NUnit.Framework;

namespace OnnxPipeline.Ort.Tests;

public sealed class PhysicalCoresTests
{
    [Test]
    public void Count_ThisMachine_IsBetweenOneAndTheLogicalCores() => Assert.That(PhysicalCores.Count, Is.InRange(1, Environment.ProcessorCount));

    [TestCase("0", new[] { 0 })]
    [TestCase("0-3,8", new[] { 0, 1, 2, 3, 8 })]
    public void Numbers_KernelList_GivesEveryProcessor(string list, int[] wanted) => Assert.That(PhysicalCores.Numbers(list), Is.EqualTo(wanted));
}
