using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

public class GatherGradTests
{
    [Test]
    public void Add_AnyWidth_AddsInTheOrderOfTheIndices()
    {
        long[] indices = [2, 0, 2, -1, 4, -5, 2]; // −1 is 4, −5 is 0
        int[] rows = [2, 0, 2, 4, 4, 0, 2];
        foreach (var width in Sweep.Lengths)
        {
            var (start, dY) = (Sweep.Normal(1, 5 * width), Sweep.Normal(2, indices.Length * width, 1e4f));
            var dX = Sweep.Guard(start);

            var invalid = GatherGrad.Add<long>(indices, Sweep.Guard(dY).Span, width, 0, width, dX.Span);

            for (var i = 0; i < rows.Length; i++)
            {
                for (var c = 0; c < width; c++)
                {
                    start[(rows[i] * width) + c] += dY[(i * width) + c];
                }
            }

            Assert.That(invalid, Is.EqualTo(GatherGrad.AllIndicesValid));
            Sweep.AssertSameBits(dX.Span, start, "dX");
            dX.AssertIntact();
        }
    }

    [Test]
    public void Add_ColumnsInPieces_SameBitsAsWhole()
    {
        const int width = 300;
        int[] indices = [0, 1, 1, 1, 0, 1];
        var (whole, dY) = (Sweep.Normal(1, 2 * width), Sweep.Normal(2, indices.Length * width));
        var pieces = whole.ToArray();
        GatherGrad.Add<int>(indices, dY, width, 0, width, whole);

        foreach (var first in new[] { 256, 0, 128 })
        {
            GatherGrad.Add<int>(indices, dY, width, first, Math.Min(GatherGrad.ColumnsPerPiece, width - first), pieces);
        }

        Sweep.AssertSameBits(pieces, whole, "dX");
    }

    [TestCase(3L)]
    [TestCase(-4L)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    [TestCase(1L << 32)]
    public void Add_IndexOutOfRange_IsReportedAndWritesNothing(long index)
    {
        var dX = Sweep.Guard(new float[3 * 17]);

        Assert.That(GatherGrad.Add<long>([1, index, index], Sweep.Normal(1, 3 * 17), 17, 0, 17, dX.Span), Is.EqualTo(1));

        Assert.That(dX.Span[..17].ToArray().Concat(dX.Span[34..].ToArray()), Is.All.Zero);
        dX.AssertIntact();
    }

    [Test]
    public void Add_NaNAndInfinity_StayInTheirColumn()
    {
        var dY = Sweep.Normal(1, 2 * 35);
        (dY[3], dY[35 + 34]) = (float.NaN, float.PositiveInfinity);
        var dX = new float[35];

        GatherGrad.Add<int>([0, 0], dY, 35, 0, 35, dX);

        Assert.That(dX[3], Is.NaN);
        Assert.That(dX[34], Is.EqualTo(float.PositiveInfinity));
        Assert.That(dX.Where((_, c) => c is not 3 and not 34).All(float.IsFinite));
    }

    [Test]
    public void Add_SpansDoNotFit_Throws()
    {
        Assert.That(() => GatherGrad.Add<int>([0], new float[4], 5, 0, 5, new float[10]), Throws.ArgumentException);
        Assert.That(() => GatherGrad.Add<int>([0], new float[5], 5, 0, 5, new float[9]), Throws.ArgumentException);
        Assert.That(() => GatherGrad.Add<int>([0], new float[5], 5, 3, 3, new float[10]), Throws.ArgumentException);
    }
}
