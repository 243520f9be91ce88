using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.StepGraph;
using OnnxPipeline.Ort.Tests.CustomOps;

namespace OnnxPipeline.Ort.Tests.StepGraph;

public sealed class MicrosoftConvolutionsTests
{
    private const int Batch = 2, Channels = 2, Maps = 2; // a group

    [TestCase(6, 3, 1, 1, 1, 1, 1)]
    [TestCase(7, 3, 2, 1, 0, 0, 1)]
    [TestCase(8, 3, 2, 1, 0, 0, 1, Description = "the last column is in no window")]
    [TestCase(9, 2, 3, 2, 1, 2, 1)]
    [TestCase(7, 3, 2, 1, 1, 0, 2)]
    public void ConvGrad_AnyWindows_EqualsLoops(int size, int kernel, int stride, int dilation, int before, int after, int groups)
    {
        var count = ((size + before + after - (dilation * (kernel - 1)) - 1) / stride) + 1;
        var x = KernelParityTests.Numbers(1, 1, Batch, groups * Channels, size, size);
        var w = KernelParityTests.Numbers(2, 1, groups * Maps, Channels, kernel, kernel);
        var dY = KernelParityTests.Numbers(3, 1, Batch, groups * Maps, count, count);

        var found = Run("ConvGrad", "com.microsoft", 3, [("strides", (long[])[stride, stride]), ("dilations", (long[])[dilation, dilation]), ("pads", (long[])[before, before, after, after]), ("group", groups)], dY, x, w);

        var wanted = Loops(dY.As<float>(), x.As<float>(), w.As<float>(), size, count, kernel, stride, dilation, before, groups);
        Assert.That(found.Select(tensor => tensor.Count), Is.EqualTo(new[] { x.Count, w.Count, groups * Maps }));
        for (var i = 0; i < 3; i++)
        {
            Assert.That(found[i].As<float>().ToArray(), Is.EqualTo(wanted[i]).Within(1e-4), $"output {i}");
        }
    }

    [Test]
    public void ConvGrad_AutoPad_IsRefused() => Assert.That(
        () => Run("ConvGrad", "com.microsoft", 3, [("auto_pad", "SAME_UPPER")], KernelParityTests.Numbers(1, 1, 1, 1, 2, 2), KernelParityTests.Numbers(1, 1, 1, 1, 2, 2), KernelParityTests.Numbers(1, 1, 1, 1, 1, 1)),
        Throws.TypeOf<OrtException>().With.Message.Contains("SAME_UPPER"));

    [Test]
    public void OperatorThatNothingHereComputes_IsNamed() => Assert.That(
        () => Run("ConvTransposeGrad", "com.microsoft", 3, [], KernelParityTests.Numbers(1, 1, 1, 1, 2, 2)),
        Throws.TypeOf<OrtException>().With.Message.Contains("ConvTransposeGrad").And.Message.Contains("onnxpipe artifacts"));

    [Test]
    public void MaxPoolGrad_OverlappingWindows_AddsUpWhereTheMaximaWere()
    {
        var model = Empty();
        var b = new GraphBuilder(model.Graph, 18);
        var x = b.Input("in1", ElementType.Float, ["n", 1, "h", "w"]);
        var pool = b.Ops("MaxPool", [x], 2, [("kernel_shape", (long[])[2, 2]), ("strides", (long[])[1, 1])]);
        pool.Outputs[1].Type = new TensorType(ElementType.Int64, null);
        b.Output(b.Op("MaxPoolGrad", [b.Input("in0", ElementType.Float, ["n", 1, "i", "j"]), pool.Outputs[1]], [("kernel_shape", (long[])[2, 2])]), "out0");
        b.Output(pool.Outputs[0], "y");

        var found = Run(model, Tensor.From<float>([1, 2, 3, 4, 5, 6, 7, 8], 2, 1, 2, 2), Tensor.From<float>([0, 0, 0, 0, 9, 0, 0, 0, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1], 2, 1, 3, 3));

        Assert.That(found[0].As<float>().ToArray(), Is.EqualTo(new float[] { 0, 0, 0, 0, 10, 0, 0, 0, 0, 5, 6, 0, 7, 8, 0, 0, 0, 0 }));
    }

    private static IReadOnlyList<Tensor> Run(string op, string domain, int outputs, (string, AttributeValue)[] attributes, params Tensor[] inputs)
    {
        var model = Empty();
        var b = new GraphBuilder(model.Graph, 18);
        var node = b.Ops(op, [.. inputs.Select((tensor, i) => b.Input($"in{i}", tensor.Type, i == 2 ? Shape.Of(tensor.Dims) : ["n", $"c{i}", $"h{i}", $"w{i}"]))], outputs, attributes, domain);
        for (var i = 0; i < outputs; i++)
        {
            node.Outputs[i].Type = new TensorType(ElementType.Float, null);
            b.Output(node.Outputs[i], $"out{i}");
        }

        return Run(model, inputs);
    }

    private static IReadOnlyList<Tensor> Run(Model model, params Tensor[] inputs)
    {
        MicrosoftForms.Apply(model);
        using var session = Session.Open(ModelFile.ToBytes(model), "forms");
        return [.. session.Run([.. inputs.Select((tensor, i) => new NamedTensor($"in{i}", tensor))]).Select(output => output.Tensor)];
    }

    private static Model Empty()
    {
        var model = new Model(new Graph("forms"));
        model.OpsetImports.Add("", 18);
        return model;
    }

    private static float[][] Loops(ReadOnlySpan<float> dY, ReadOnlySpan<float> x, ReadOnlySpan<float> w, int size, int count, int kernel, int stride, int dilation, int before, int groups)
    {
        var (dX, dW, dB) = (new float[x.Length], new float[w.Length], new float[groups * Maps]);
        for (var i = 0; i < dY.Length; i++)
        {
            var (ox, oy, m, n) = (i % count, i / count % count, i / (count * count) % (groups * Maps), i / (count * count * groups * Maps));
            dB[m] += dY[i];
            for (var j = 0; j < Channels * kernel * kernel; j++)
            {
                var (kx, ky, c) = (j % kernel, j / kernel % kernel, j / (kernel * kernel));
                var (atX, atY) = ((ox * stride) - before + (kx * dilation), (oy * stride) - before + (ky * dilation));
                if (atX >= 0 && atX < size && atY >= 0 && atY < size)
                {
                    var place = (((((n * groups) + (m / Maps)) * Channels) + c) * size * size) + (atY * size) + atX;
                    var weight = (m * Channels * kernel * kernel) + j;
                    dX[place] += dY[i] * w[weight];
                    dW[weight] += dY[i] * x[place];
                }
            }
        }

        return [dX, dW, dB];
    }
}
