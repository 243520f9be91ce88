using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class StepPlanTests
{
    [Test]
    public void Plan_RowsThatDoNotDivide_UsesTheSmallerLastBatchAndGroup()
    {
        var plan = new StepPlan(rows: 11, batch: 3, accumulation: 3, shuffle: false, seed: 0);

        Assert.That((plan.Batches, plan.StepsPerEpoch), Is.EqualTo((4L, 2L)));
        Assert.That((plan.MicroBatches(0), plan.MicroBatches(1), plan.MicroBatches(2)), Is.EqualTo((3, 1, 3)));
        Assert.That(plan.RowsOf(1, 0).ToArray(), Is.EqualTo(new long[] { 9, 10 }));
        Assert.That(plan.RowsOf(2, 0).ToArray(), Is.EqualTo(new long[] { 0, 1, 2 }), "starts over at the end");
        Assert.That((plan.EndsEpoch(0), plan.EndsEpoch(1)), Is.EqualTo((false, true)));
    }

    [Test]
    public void RowsOf_Shuffled_IsAPermutationPerEpochAndAFunctionOfSeedAndStep()
    {
        var epochs = Enumerable.Range(0, 2).Select(epoch => Epoch(new(10, 4, 1, true, 7), epoch)).ToArray();

        Assert.That(epochs[0].Order(), Is.EqualTo(Enumerable.Range(0, 10).Select(i => (long)i)));
        Assert.That(epochs[1].Order(), Is.EqualTo(epochs[0].Order()));
        Assert.That(epochs[1], Is.Not.EqualTo(epochs[0]));
        Assert.That(new StepPlan(10, 4, 1, true, 7).RowsOf(4, 0).ToArray(), Is.EqualTo(epochs[1][4..8]), "asked for out of order");
        Assert.That(Epoch(new(10, 4, 1, true, 8), 0), Is.Not.EqualTo(epochs[0]));
    }

    [Test]
    public void Plan_BatchOfMoreThanAllRows_TakesMemoryForTheRows()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var plan = new StepPlan(3, int.MaxValue, 1, shuffle: false, seed: 0);

        Assert.That(plan.RowsOf(0, 0).ToArray(), Is.EqualTo(new long[] { 0, 1, 2 }));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000));
    }

    private static long[] Epoch(StepPlan plan, int epoch) =>
        [.. Enumerable.Range(0, (int)plan.StepsPerEpoch).SelectMany(s => plan.RowsOf(epoch * plan.StepsPerEpoch + s, 0).ToArray())];
}
