using NUnit.Framework;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

public sealed class MovementTests
{
    [TestCase(0, new[] { 5 })]
    [TestCase(0, new[] { 2, 3 })]
    [TestCase(1, new[] { 2, 2 })]
    [TestCase(-1, new[] { 7 })]
    [TestCase(1, new int[0])]
    public void GatherGrad_RepeatedAndNegativeIndices_AddsUp(int axis, int[] dims)
    {
        var x = Calls.Random(1, 3, 4, 2);
        var size = x.Dims[axis < 0 ? axis + 3 : axis];
        var indices = new Array64(Enumerable.Range(0, dims.Aggregate(1, (a, b) => a * b)).Select(i => (long)((i * i % size) - (i == 1 ? size : 0))).ToArray(), dims);
        Array64 F(Array64 a) => Calls.Forward("Gather", "", [("axis", axis)], a, indices);
        var dY = Calls.Random(2, F(x).Dims);
        var dX = Calls.Run("GatherGrad", Calls.Microsoft, 1, [("axis", axis)], Array64.Vector(3, 4, 2), indices, dY)[0];
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(x, dY, F)).Within(1e-8));
        Assert.That(dX.Dims, Is.EqualTo(x.Dims));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void GatherElementsGrad_RepeatedIndices_AddsUp(int axis)
    {
        var x = Calls.Random(1, 3, 2);
        var indices = new Array64(new long[] { 0, 1, 1, 1 }, 2, 2);
        Array64 F(Array64 a) => Calls.Forward("GatherElements", "", [("axis", axis)], a, indices);
        var dY = Calls.Random(2, 2, 2);
        var dX = Calls.Run("GatherElementsGrad", Calls.Microsoft, 1, [("axis", axis)], dY, Array64.Vector(3, 2), indices)[0];
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(x, dY, F)).Within(1e-8));
    }

    [TestCase(new long[] { 1 }, new long[] { 3 }, null, null)]
    [TestCase(new long[] { 1, 0 }, new long[] { 100, -1 }, new long[] { 2, 0 }, null)]
    [TestCase(new long[] { 0, -1 }, new long[] { 5, -100 }, new long[] { 1, 2 }, new long[] { 2, -2 })]
    [TestCase(new long[] { -1, 4, 0 }, new long[] { long.MinValue, 0, 3 }, new long[] { 0, 1, -1 }, new long[] { -1, -3, 1 })]
    public void SliceGrad_EveryForm_PutsBack(long[] starts, long[] ends, long[]? axes, long[]? steps)
    {
        var x = Calls.Random(1, 3, 5, 4);
        Array64?[] places = [Array64.Vector(starts), Array64.Vector(ends), axes is null ? null : Array64.Vector(axes), steps is null ? null : Array64.Vector(steps)];
        Array64 F(Array64 a) => Calls.Forward("Slice", "", [], [a, .. places]);
        var dY = Calls.Random(2, F(x).Dims);
        var dX = Calls.Gradient("SliceGrad", [dY, Array64.Vector(3, 5, 4), .. places]);
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(x, dY, F)).Within(1e-8));
        Assert.That(dX.Dims, Is.EqualTo(x.Dims));
    }

    [TestCase(0, 2.5 * 4)]
    [TestCase(1, 2.5 / 4)]
    public void Scale_UpAndDown_Multiplies(int down, double wanted) =>
        Assert.That(Calls.Run("Scale", Calls.Microsoft, 1, [("scale_down", down)], new Array64(new[] { 2.5 }, 1), Array64.Scalar(4.0))[0].Doubles, Is.EqualTo(new[] { wanted }));
}
