using NUnit.Framework;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir.Tests.Inference;

public sealed class DimMathTests
{
    [Test]
    public void Sum_EitherOrder_HasOneName()
    {
        Assert.That(DimMath.Add("past", "seq"), Is.EqualTo(DimMath.Add("seq", "past")));
        Assert.That(DimMath.Add("past", "seq").Symbol, Is.EqualTo("past + seq"));
    }

    [Test]
    public void Difference_OfASumAndATerm_IsTheOtherTerm() => Assert.That(DimMath.Sub(DimMath.Add("past", "seq"), "past"), Is.EqualTo((Dim)"seq"));

    [Test]
    public void Quotient_OfAProductAndAFactor_IsExact()
    {
        var product = DimMath.Mul(DimMath.Mul("batch", 12), DimMath.Add("a", "b"));
        Assert.That(DimMath.Div(DimMath.Mul("batch", 12), 12), Is.EqualTo((Dim)"batch"));
        Assert.That(DimMath.Div(product, "batch"), Is.EqualTo(DimMath.Mul(DimMath.Add("b", "a"), 12)));
    }

    [Test]
    public void Quotient_ThatNeedNotBeExact_IsAFloor()
    {
        Assert.That(DimMath.Div("h", 2).Symbol, Is.EqualTo("floor(h/2)"));
        Assert.That(DimMath.Div(7, 2), Is.EqualTo((Dim)3));
        Assert.That(DimMath.Div(-7, 2), Is.EqualTo((Dim)(-4)));
    }

    [Test]
    public void Broadcast_NumberAndName_IsTheNumberUnlessItIsOne()
    {
        Assert.That(DimMath.Broadcast(5, "n"), Is.EqualTo((Dim)5));
        Assert.That(DimMath.Broadcast(1, "n"), Is.EqualTo((Dim)"n"));
        Assert.That(DimMath.Broadcast(2, 3), Is.Null);
        Assert.That(DimMath.Broadcast("n", "m"), Is.EqualTo(DimMath.Broadcast("m", "n")));
    }

    [Test]
    public void Broadcast_APartThatMayBeCutShort_IsTheWhole() => Assert.That(DimMath.Broadcast(DimMath.Clamp("seq", 1024), "seq"), Is.EqualTo((Dim)"seq"));

    [Test]
    public void Names_ThatGrow_EndAsUnknown()
    {
        Dim sum = 0;
        for (var i = 0; i < 100; i++)
        {
            sum = DimMath.Add(sum, $"dimension{i}");
        }

        Assert.That(DimMath.IsNothing(sum));
    }

    [Test]
    public void Unknown_InAnyOperation_StaysUnknown()
    {
        Assert.That(DimMath.IsNothing(DimMath.Add(Dim.Unknown, 1)));
        Assert.That(DimMath.IsNothing(DimMath.Sub(Dim.Unknown, Dim.Unknown)));
        Assert.That(DimMath.Mul(Dim.Unknown, 0), Is.EqualTo((Dim)0));
    }
}
