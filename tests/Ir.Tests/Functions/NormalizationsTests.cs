using NUnit.Framework;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Ir.Tests.Functions;

public sealed class NormalizationsTests
{
    [TestCase("SoftmaxGrad_13", "Softmax", -1)]
    [TestCase("SoftmaxGrad_13", "Softmax", 0)]
    [TestCase("SoftmaxGrad_13", "Softmax", 1)]
    [TestCase("LogSoftmaxGrad_13", "LogSoftmax", -1)]
    [TestCase("LogSoftmaxGrad_13", "LogSoftmax", 1)]
    public void Body_OfSoftmaxGradient_IsTheDerivative(string op, string forward, int axis)
    {
        var (x, dY) = (Calls.Random(1, 2, 3, 4), Calls.Random(2, 2, 3, 4));
        Array64 F(Array64 a) => Calls.Forward(forward, "", [("axis", axis)], a);
        var dX = Calls.Run(op, Calls.Microsoft, 1, [("axis", axis)], dY, F(x))[0];
        Assert.That(dX.Doubles, Is.EqualTo(Calls.Differences(x, dY, F)).Within(1e-8));
    }

    [TestCase("SoftmaxGrad_13", "Softmax")]
    [TestCase("LogSoftmaxGrad_13", "LogSoftmax")]
    public void Body_WithoutAxis_TakesTheLast(string op, string forward)
    {
        var (x, dY) = (Calls.Random(1, 3, 4), Calls.Random(2, 3, 4));
        Array64 F(Array64 a) => Calls.Forward(forward, "", [], a);
        Assert.That(Calls.Gradient(op, dY, F(x)).Doubles, Is.EqualTo(Calls.Differences(x, dY, F)).Within(1e-8));
    }

    [TestCase(-1)]
    [TestCase(1)]
    [TestCase(0)]
    [TestCase(null)]
    public void LayerNormalizationGrad_EveryAxis_IsTheDerivative(int? axis)
    {
        int[] dims = [2, 3, 4];
        var first = axis is null or -1 ? 2 : axis.Value;
        var (x, dY) = (Calls.Random(1, dims), Calls.Random(2, dims));
        var (scale, bias) = (Calls.Random(3, dims[first..]), Calls.Random(4, dims[first..]));
        (string, AttributeValue)[] attributes = axis is { } given ? [("axis", given)] : [];
        Array64[] F(Array64 a, Array64 s, Array64 b) => Calls.Run("LayerNormalization", "", 3, attributes, a, s, b);

        var y = F(x, scale, bias);
        var gradients = Calls.Run("LayerNormalizationGrad", Calls.Microsoft, 3, attributes, dY, x, scale, y[1], y[2]);
        Assert.That(gradients[0].Doubles, Is.EqualTo(Calls.Differences(x, dY, a => F(a, scale, bias)[0])).Within(1e-7));
        Assert.That(gradients[1].Doubles, Is.EqualTo(Calls.Differences(scale, dY, s => F(x, s, bias)[0])).Within(1e-7));
        Assert.That(gradients[2].Doubles, Is.EqualTo(Calls.Differences(bias, dY, b => F(x, scale, b)[0])).Within(1e-7));
        Assert.That(gradients.Select(g => g.Dims), Is.EqualTo(new[] { dims, scale.Dims, scale.Dims }));
    }
}
