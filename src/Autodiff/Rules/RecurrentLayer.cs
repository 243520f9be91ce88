using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>What RNN, GRU and LSTM share: which forms have a gradient, the directions, and how their gradients become those of the layer's inputs.</summary>
internal static class RecurrentLayer
{
    /// <summary>The gradients of one direction; null where nobody asks for it. Without the axis of directions.</summary>
    public readonly record struct Found(Value? X, Value? W, Value? R, Value? B, Value? H0, Value? C0);

    /// <param name="activations">The functions of a direction that <paramref name="rule"/> knows, the default first.</param>
    /// <param name="rule">The gradients of one direction.</param>
    public static IReadOnlyList<Value?> Gradients(GradientContext c, string[] activations, Func<RecurrentDirection, Found> rule)
    {
        Refuse(c);
        var text = c.Node.Text("direction", "forward");
        var directions = text == "bidirectional" ? 2 : 1;
        var functions = Activations(c, directions, activations);
        var mask = c.Node.Input(4) is { } lengths ? Mask(c, lengths) : null;
        var found = new Found[directions];
        for (var i = 0; i < directions; i++)
        {
            found[i] = rule(new RecurrentDirection(c, i, directions, text == "reverse" || i == 1, functions[i], mask));
        }

        var dx = !c.Needs(0) ? null : directions == 1 ? found[0].X : c.Build.Add(found[0].X!, found[1].X!);
        return [dx, Stacked(1, f => f.W), Stacked(2, f => f.R), Stacked(3, f => f.B), null, Stacked(5, f => f.H0), Stacked(6, f => f.C0)];

        Value? Stacked(int input, Func<Found, Value?> part)
        {
            if (!c.Needs(input))
            {
                return null;
            }

            var all = Array.ConvertAll(found, f => c.Build.Unsqueeze(part(f)!, 0));
            return all.Length == 1 ? all[0] : c.Build.Concat(0, all);
        }
    }

    /// <summary>Equal parts of <paramref name="x"/> along an axis.</summary>
    public static IReadOnlyList<Value> Parts(GraphBuilder b, Value x, int count, long axis) => b.Ops("Split", [x], count, [("axis", axis), ("num_outputs", count)]).Outputs;

    private static void Refuse(GradientContext c)
    {
        var what = c.Node.Attributes.ContainsKey("clip") ? "the attribute clip"
            : c.Node.Int("input_forget", 0) != 0 ? "input_forget 1"
            : c.Node.Int("layout", 0) != 0 ? "layout 1 (Decomposition writes it with layout 0)"
            : c.Node.Input(7) is not null ? "peepholes"
            : null;
        if (what is not null)
        {
            throw new AutodiffException($"{c.Node.Describe()}: no gradient with {what}. Export the layer without, or freeze the parameters before it.");
        }
    }

    private static string[] Activations(GradientContext c, int directions, string[] known)
    {
        if (!c.Node.Attributes.TryGetValue("activations", out var given))
        {
            return [.. Enumerable.Repeat(known[0], directions)];
        }

        var all = given is StringsAttribute list ? list.Values.Select(v => System.Text.Encoding.UTF8.GetString(v.Span)).ToArray() : [];
        var each = known[0].Count(ch => ch == ',') + 1;
        var found = all.Chunk(each).SelectMany(names => known.Where(k => string.Equals(k, string.Join(',', names), StringComparison.OrdinalIgnoreCase))).ToArray();
        return found.Length == directions && all.Length == directions * each
            ? found
            : throw new AutodiffException($"{c.Node.Describe()}: no gradient with activations {string.Join(",", all)}, only with {string.Join(" or ", known)} in each of its {directions} directions. Freeze the parameters before it.");
    }

    /// <summary>Which steps are within the length of their sequence, [T, B, 1].</summary>
    private static Value Mask(GradientContext c, Value lengths)
    {
        var b = c.Build;
        var count = b.Squeeze(b.Shape(c.X(0), 0, 1), 0);
        var steps = b.Range(b.Constant(Files.Tensor.Scalar(0L)), count, b.Constant(Files.Tensor.Scalar(1L)));
        return b.Less(b.Unsqueeze(steps, 1, 2), b.Unsqueeze(b.Cast(lengths, Files.ElementType.Int64), 1)); // [T, 1, 1] < [B, 1]
    }
}
