using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// One direction of a recurrent layer with G gates: T steps of B sequences, I numbers in, H numbers of state. Where sequences have lengths, a step
/// beyond its sequence's changes no state: each Scan hands the state on there and gives 0.
/// </summary>
internal sealed class RecurrentDirection
{
    private readonly GradientContext _c;
    private readonly Value _w;
    private readonly Value? _bias;
    private readonly Value? _dy;
    private readonly Value? _mask;
    private readonly int _index;
    private readonly int _directions;
    private Value? _zero;

    /// <param name="mask">Which steps are within their sequence, bool [T, B, 1]; null: all.</param>
    public RecurrentDirection(GradientContext c, int index, int directions, bool reverse, string activation, Value? mask)
    {
        (_c, _index, _directions, _mask, Reverse, Activation) = (c, index, directions, mask, reverse, activation);
        Y = Of(c.Y(0), 1);
        _w = Of(c.X(1), 0);
        R = Of(c.X(2), 0);
        _bias = c.Node.Input(3) is { } bias ? Of(bias, 0) : null;
        _dy = c.DyOrNull(0) is { } dy ? Of(dy, 1) : null;
        H0 = Start(5);
        C0 = c.Node.OpType == "LSTM" ? Start(6) : H0;
    }

    public GraphBuilder Build => _c.Build;

    /// <summary>Whether the last step comes first.</summary>
    public bool Reverse { get; }

    /// <summary>The activation functions, joined by commas.</summary>
    public string Activation { get; }

    /// <summary>The states after each step, [T, B, H].</summary>
    public Value Y { get; }

    /// <summary>[G·H, H].</summary>
    public Value R { get; }

    /// <summary>The first state, [B, H].</summary>
    public Value H0 { get; }

    /// <summary>The first cell state, [B, H].</summary>
    public Value C0 { get; }

    /// <summary>The gradient of the last cell state, [B, H].</summary>
    public Value LastCell => Last(2);

    /// <summary>The bias of the products with states, [G·H].</summary>
    public Value? StateBias => _bias is null ? null : RecurrentLayer.Parts(Build, _bias, 2, 0)[1];

    /// <summary>x·Wᵀ and its bias, [T, B, G·H].</summary>
    public Value FromInput => Affine(_c.X(0), _w, _bias is null ? null : RecurrentLayer.Parts(Build, _bias, 2, 0)[0]);

    /// <summary>states·Rᵀ and its bias, [T, B, G·H].</summary>
    public Value FromStates(Value states) => Affine(states, R, StateBias);

    /// <summary>What was before each step: <paramref name="first"/>, then what stood after the step before.</summary>
    public Value Before(Value states, Value first)
    {
        var held = _mask is null ? states : Build.Where(_mask, states, first);
        var one = Build.Unsqueeze(first, 0);
        Value Cut(long from, long to) => Build.Slice(held, Build.Constant(from), Build.Constant(to), Build.Constant(0));
        return Reverse ? Build.Concat(0, Cut(1, long.MaxValue), one) : Build.Concat(0, one, Cut(0, -1));
    }

    /// <summary>The Scan against the layer's direction; its first state is dh.</summary>
    /// <param name="states">Gradients of further last states.</param>
    /// <param name="items">Of each step, [T, B, …].</param>
    /// <param name="body">From dH, the further states and the items of a step to the next states and what the step gives.</param>
    public (Value[] Last, Value[] Steps) Back(Value[] states, Value[] items, Func<GraphBuilder, Value, Value[], Value[], (Value[] Next, Value[] Given)> body) =>
        Scan(!Reverse, [Last(1), .. states], _dy is null ? items : [.. items, _dy], (s, now, all) =>
            body(s, _dy is null ? now[0] : s.Add(now[0], all[^1]), now[1..], all));

    /// <summary>Appends a Scan over the steps.</summary>
    /// <param name="reverse">Whether it begins with the last step; what the steps give is in the order of the steps nevertheless.</param>
    /// <param name="body">Its builder, states and items to the next states and what the step gives.</param>
    public (Value[] Last, Value[] Steps) Scan(bool reverse, Value[] states, Value[] items, Func<GraphBuilder, Value[], Value[], (Value[] Next, Value[] Given)> body)
    {
        var inner = new GraphBuilder(new Graph("step"), Build.Opset, scope: "step/");
        Value[] scanned = _mask is null ? items : [.. items, _mask];
        var now = states.Select((x, i) => inner.Input($"state_{i}", x.Element, x.Shape)).ToArray();
        var each = scanned.Select((x, i) => inner.Input($"item_{i}", x.Element, x.Shape is { } shape ? Shape.Of(shape.Dims[1..]) : null)).ToArray();
        var (next, given) = body(inner, now, _mask is null ? each : each[..^1]);
        if (_mask is not null)
        {
            next = [.. next.Select((x, i) => inner.Where(each[^1], x, now[i]))];
        }

        inner.Graph.Outputs.AddRange([.. next, .. given]);
        List<(string, AttributeValue)> attributes = [("body", new GraphAttribute(inner.Graph)), ("num_scan_inputs", scanned.Length)];
        if (reverse)
        {
            attributes.Add(("scan_input_directions", Enumerable.Repeat(1L, scanned.Length).ToArray()));
            attributes.Add(("scan_output_directions", Enumerable.Repeat(1L, given.Length).ToArray()));
        }

        var outputs = Build.Ops("Scan", [.. states, .. scanned], next.Length + given.Length, attributes.ToArray()).Outputs;
        return ([.. outputs.Take(next.Length)], [.. outputs.Skip(next.Length).Select(y => _mask is null ? y : Build.Where(_mask, y, Build.ConstantLike(y, 0)))]);
    }

    /// <summary>Σ over steps and sequences of aᵀ·b.</summary>
    public Value Product(Value a, Value b) => Build.Gemm(Flat(a), Flat(b), transA: true);

    /// <summary>The gradients of the inputs from those of the gates.</summary>
    /// <param name="ofInput">Of x·Wᵀ + bias.</param>
    /// <param name="ofStates">Of before·Rᵀ + bias.</param>
    public RecurrentLayer.Found Result(Value ofInput, Value ofStates, Value before, Value dh, Value? dc)
    {
        Value Bias(Value gates) => Build.ReduceSum(gates, [0, 1], keepDims: false);
        return new(
            _c.Needs(0) ? Build.MatMul(ofInput, _w) : null,
            _c.Needs(1) ? Product(ofInput, _c.X(0)) : null,
            _c.Needs(2) ? Product(ofStates, before) : null,
            _c.Needs(3) ? Build.Concat(0, Bias(ofInput), Bias(ofStates)) : null,
            dh,
            dc);
    }

    private Value Flat(Value x) => Build.Op("Flatten", [x], [("axis", 2)]);

    private Value Affine(Value x, Value weights, Value? bias)
    {
        var product = Build.FusedMatMul(x, weights, transB: true);
        return bias is null ? product : Build.Add(product, bias);
    }

    /// <summary>This direction of a value.</summary>
    private Value Of(Value all, long axis) => _directions == 1 ? Build.Squeeze(all, axis) : Build.Gather(all, Build.Constant(Files.Tensor.Scalar((long)_index)), axis);

    private Value Start(int input) => _c.Node.Input(input) is { } given ? Of(given, 0) : Zero();

    private Value Last(int output) => _c.DyOrNull(output) is { } given ? Of(given, 0) : Zero();

    /// <summary>[B, H].</summary>
    private Value Zero() => _zero ??= Build.Expand(
        Build.ConstantLike(Y, 0),
        Y.Shape is { Rank: 3 } shape && shape[1].IsKnown && shape[2].IsKnown ? Build.Constant(shape[1].Value, shape[2].Value) : Build.Shape(Y, 1, 3));
}
