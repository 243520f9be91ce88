using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests.Inference;

/// <summary>The type that inference gives the outputs of one node.</summary>
internal static class Inferred
{
    public static TensorType? One(string op, object[] inputs, params (string, AttributeValue)[] attributes) => All(op, 1, inputs, attributes)[0];

    /// <param name="inputs">A <see cref="Shape"/> (float32), a <see cref="TensorType"/>, a <see cref="Tensor"/> (constant), or an empty string for one that is left out.</param>
    public static TensorType?[] All(string op, int outputs, object[] inputs, (string, AttributeValue)[] attributes, string domain = "")
    {
        var build = new GraphBuilder(new Graph(), 18);
        var values = inputs.Select((x, i) => x switch
        {
            Shape shape => build.Input($"x{i}", ElementType.Float, shape),
            TensorType type => build.Input($"x{i}", type.Element, type.Shape),
            Tensor tensor => build.Constant(tensor),
            _ => null,
        }).ToArray();
        return [.. build.Ops(op, values, outputs, attributes, domain).Outputs.Select(y => (TensorType?)y.Type)];
    }

    public static Shape S(params Dim[] dims) => Shape.Of(dims);

    public static TensorType Float(params Dim[] dims) => new(ElementType.Float, Shape.Of(dims));

    public static TensorType Integer(params Dim[] dims) => new(ElementType.Int64, Shape.Of(dims));
}
