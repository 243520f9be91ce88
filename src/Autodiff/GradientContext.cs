using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff;

/// <summary>What a rule sees: the forward node, the gradients of its outputs, who asks for which input's gradient, and a builder to write with.</summary>
public sealed class GradientContext
{
    private readonly Dictionary<Value, Value> _shapes;
    private readonly IReadOnlyList<Value?> _outputGradients;
    private readonly IReadOnlyList<bool> _needs;

    internal GradientContext(Node node, GraphBuilder builder, IReadOnlyList<Value?> outputGradients, IReadOnlyList<bool> needs, Dictionary<Value, Value> shapes)
    {
        Node = node;
        Build = builder;
        _outputGradients = outputGradients;
        _needs = needs;
        _shapes = shapes;
    }

    public Node Node { get; }

    /// <summary>Appends nodes to the gradient part of the graph.</summary>
    public GraphBuilder Build { get; }

    /// <summary>Input <paramref name="index"/> of the forward node.</summary>
    /// <exception cref="AutodiffException">The node leaves it out.</exception>
    public Value X(int index) => Node.Input(index) ?? throw new AutodiffException($"{Node.Describe()}: input {index} is missing, its gradient needs it.");

    /// <summary>Output <paramref name="index"/> of the forward node. The optional outputs of <see cref="OptionalOutputs"/> are there.</summary>
    /// <exception cref="AutodiffException">The node leaves it out.</exception>
    public Value Y(int index) => Node.Output(index) is { Name.Length: > 0 } output
        ? output
        : throw new AutodiffException($"{Node.Describe()}: output {index} is left out, its gradient needs it. Export the model with it.");

    /// <summary>The gradient of output <paramref name="index"/>; null where the loss does not depend on it.</summary>
    public Value? DyOrNull(int index) => index < _outputGradients.Count ? _outputGradients[index] : null;

    /// <summary>The gradient of the first output, which a node on the way to the loss has unless it has several outputs.</summary>
    public Value Dy => DyOrNull(0) ?? throw new AutodiffException($"{Node.Describe()}: the loss depends on a secondary output only, and its rule knows no gradient for that.");

    /// <summary>Whether anybody asks for the gradient of input <paramref name="index"/>.</summary>
    public bool Needs(int index) => index < _needs.Count && _needs[index];

    /// <summary>The shape of <paramref name="x"/> as an int64 vector: a constant where it is known, else one Shape node however often it is asked for.</summary>
    public Value ShapeOf(Value x)
    {
        if (!_shapes.TryGetValue(x, out var shape))
        {
            shape = x.Shape is { IsStatic: true } known ? Build.Constant(known.ToArray()) : Build.Shape(x);
            _shapes.Add(x, shape);
        }

        return shape;
    }

    /// <summary><paramref name="gradient"/> with the shape of <paramref name="x"/>, which has as many elements: a constant target wherever symbolic dimensions allow one.</summary>
    public Value ReshapeLike(Value gradient, Value x)
    {
        if (x.Shape is not { } wanted)
        {
            return Build.Reshape(gradient, ShapeOf(x));
        }

        if (wanted.IsSameAs(gradient.Shape))
        {
            return gradient;
        }

        var target = new long[wanted.Rank];
        var free = 0;
        for (var i = 0; i < wanted.Rank; i++)
        {
            if (wanted[i].IsKnown)
            {
                target[i] = wanted[i].Value; // a known 0 would mean "copy": then there is nothing to lay out anyway
            }
            else if (gradient.Shape is { } found && i < found.Rank && wanted[i].IsSameAs(found[i]))
            {
                target[i] = 0; // the gradient's own dimension
            }
            else
            {
                target[i] = -1;
                free++;
            }
        }

        return free <= 1 ? Typed(Build.Reshape(gradient, target), gradient, wanted) : Build.Reshape(gradient, ShapeOf(x));
    }

    /// <summary>Zeros of the shape and type of <paramref name="x"/>.</summary>
    public Value ZerosLike(Value x) => Build.Expand(Build.ConstantLike(x, 0), ShapeOf(x));

    /// <summary><paramref name="x"/> times a number.</summary>
    public Value Scaled(Value x, double factor) => Build.Mul(x, Build.ConstantLike(x, factor));

    /// <summary><paramref name="x"/>, in float32 where its type is narrower.</summary>
    public Value Wide(Value x) => x.Element is ElementType.Float16 or ElementType.BFloat16 ? Build.Cast(x, ElementType.Float) : x;

    /// <summary>A gradient computed with <see cref="Wide"/> values, in the type of <paramref name="x"/>.</summary>
    public Value Narrow(Value gradient, Value x) => gradient.Element == x.Element ? gradient : Build.Cast(gradient, x.Element);

    private static Value Typed(Value result, Value gradient, Shape shape)
    {
        result.Type = new TensorType(gradient.Element, shape);
        return result;
    }
}
