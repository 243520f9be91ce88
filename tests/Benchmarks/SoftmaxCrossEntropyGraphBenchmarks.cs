using BenchmarkDotNet.Attributes;
using OnnxPipeline.Autodiff;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>Mean loss and its gradient from logits, without and with label smoothing: 256 positions over BERT's vocabulary, 768 over 65 characters.</summary>
public class SoftmaxCrossEntropyGraphBenchmarks : GraphBenchmark
{
    [Params(30_522, 65)]
    public int Classes { get; set; }

    [Params(0, 0.1)]
    public double Smoothing { get; set; }

    private int Rows => Classes == 65 ? 768 : 256;

    protected override void Write(GraphBuilder b)
    {
        var (scores, labels) = (b.Input("scores", ElementType.Float, [Rows, Classes]), b.Input("labels", ElementType.Int64, [Rows]));
        var loss = b.MeanCrossEntropy(scores, labels, -100, Smoothing);
        var opsets = new Dictionary<string, int> { [""] = b.Opset, ["com.microsoft"] = 1, ["ai.onnxpipeline"] = 1 };
        var gradient = Backward.Append(b.Graph, opsets, loss, [scores])[scores];
        b.Output(loss, "loss");
        b.Output(gradient, "gradient");
    }

    protected override IEnumerable<Tensor> Inputs()
    {
        yield return Tensor.From<float>(Data.Uniform(Rows * Classes, -10, 10), Rows, Classes);
        yield return Tensor.Vector<long>([.. Enumerable.Range(0, Rows).Select(row => row * 37L % Classes)]);
    }
}
