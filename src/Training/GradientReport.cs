using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>One forward and backward: what <c>gradients</c> writes. The tensors lie in the engine's memory and end with it.</summary>
/// <param name="Loss">The mean loss of the examples.</param>
/// <param name="Outputs">The further outputs of the training graph.</param>
/// <param name="Gradients">One per trainable parameter, in parameter order, under the parameter's name.</param>
public sealed record GradientReport(float Loss, IReadOnlyList<NamedTensor> Outputs, IReadOnlyList<NamedTensor> Gradients)
{
    /// <summary>Computes it for examples <paramref name="first"/> to <paramref name="end"/> − 1 as one batch.</summary>
    /// <param name="end">Null: to the last.</param>
    /// <param name="seed">Of dropout.</param>
    /// <exception cref="FileFormatException">There are not so many examples, or they hold what the graph cannot take.</exception>
    public static GradientReport Of(ITrainingEngine engine, TensorExamples data, long first, long? end, long seed)
    {
        var stop = end ?? data.Count;
        if (first >= stop || stop > data.Count)
        {
            throw new FileFormatException($"{data.Path} has {data.Count} examples; {first}:{stop} asks for others.");
        }

        var rows = new long[checked((int)(stop - first))];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = first + i;
        }

        data.Fill(engine, epoch: 0, rows);
        engine.ClearGradients();
        var loss = engine.ForwardBackward(1, seed, 0);
        var outputs = engine.FurtherOutputs.Select((output, i) => new NamedTensor(output.Name, engine.FurtherOutput(i)));
        var gradients = engine.Parameters.Index().Where(p => p.Item.Trainable)
            .Select(p => new NamedTensor(p.Item.Name, new Tensor(ElementType.Float, [.. p.Item.Dims], engine.Gradient(p.Index))));
        return new GradientReport(loss, [.. outputs], [.. gradients]);
    }

    /// <summary>The content of the tensor file: <c>loss</c>, <c>out.NAME</c>, <c>grad.NAME</c>.</summary>
    public IReadOnlyList<NamedTensor> Tensors() =>
    [
        new NamedTensor("loss", Tensor.Scalar(Loss)),
        .. Outputs.Select(output => new NamedTensor("out." + output.Name, output.Tensor)),
        .. Gradients.Select(gradient => new NamedTensor("grad." + gradient.Name, gradient.Tensor)),
    ];

    /// <summary>The L2 norm of a gradient.</summary>
    public static double Norm(Tensor gradient)
    {
        double sum = 0;
        foreach (var value in gradient.As<float>())
        {
            sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }
}
