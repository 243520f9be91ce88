using BenchmarkDotNet.Attributes;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Benchmarks;

/// <summary>Loss and gradient from logits: 256 positions over BERT's vocabulary, 768 over 65 characters.</summary>
public class SoftmaxCrossEntropyGraphBenchmarks : GraphBenchmark
{
    [Params(30_522, 65)]
    public int Classes { get; set; }

    private int Rows => Classes == 65 ? 768 : 256;

    protected override void Write(GraphBuilder b)
    {
        var (scores, labels) = (b.Input("scores", ElementType.Float, [Rows, Classes]), b.Input("labels", ElementType.Int64, [Rows]));
        (string, AttributeValue)[] attributes = [("reduction", "sum"), ("ignore_index", -100L)];
        var loss = b.Ops("SoftmaxCrossEntropyLoss", [scores, labels], 2, attributes);
        var gradient = b.Op("SoftmaxCrossEntropyLossGrad", [b.Constant(1f / Rows), loss.Outputs[1], labels], attributes, "com.microsoft");
        gradient.Type = scores.Type;
        b.Output(loss.Outputs[0], "loss");
        b.Output(gradient, "gradient");
    }

    protected override IEnumerable<Tensor> Inputs()
    {
        yield return Tensor.From<float>(Data.Uniform(Rows * Classes, -10, 10), Rows, Classes);
        yield return Tensor.Vector<long>([.. Enumerable.Range(0, Rows).Select(row => row * 37L % Classes)]);
    }
}
