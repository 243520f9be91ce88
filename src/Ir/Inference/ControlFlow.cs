namespace OnnxPipeline.Ir.Inference;

/// <summary>Operators with subgraphs; the types inside are inferred before the node's own.</summary>
internal static class ControlFlow
{
    // What both branches agree on
    public static void If(InferenceContext c)
    {
        var branches = c.Node.Subgraphs.ToArray();
        for (var i = 0; i < c.Outputs && branches.Length == 2; i++)
        {
            var (a, b) = (branches[0].Outputs.ElementAtOrDefault(i), branches[1].Outputs.ElementAtOrDefault(i));
            if (a?.Type is TensorType && b?.Type is TensorType && a.Element == b.Element)
            {
                c.Output(i, a.Element, a.Shape is { } x && b.Shape is { } y && x.Rank == y.Rank
                    ? Shape.Of([.. x.Zip(y, (m, n) => m.IsSameAs(n) ? m : Dim.Unknown)]) : null);
            }
        }
    }

    // (trips, condition, carried...) → (carried..., stacked...); body: (trip, condition, carried...) → (condition, carried..., one of each stack...)
    public static void Loop(InferenceContext c)
    {
        if (c.Node.Subgraphs.FirstOrDefault() is not { } body)
        {
            return;
        }

        var carried = c.Inputs - 2;
        for (var i = 0; i < c.Outputs && i + 1 < body.Outputs.Count; i++)
        {
            var inner = body.Outputs[i + 1];
            c.Output(i, inner.Element, i >= carried && inner.Shape is { } item ? Shape.Of([Dim.Unknown, .. item]) : null);
        }
    }

    // (carried..., scanned...) → (carried..., stacked...); body: (carried..., one of each scanned...) → (carried..., one of each stack...)
    public static void Scan(InferenceContext c)
    {
        if (c.Node.Subgraphs.FirstOrDefault() is not { } body)
        {
            return;
        }

        var carried = c.Inputs - (int)c.Node.Int("num_scan_inputs", 0);
        var plain = c.Node.Ints("scan_input_axes") is null && c.Node.Ints("scan_output_axes") is null;
        var steps = plain && c.Inputs > carried && c.Shape(carried) is { Rank: > 0 } scanned ? scanned[0] : Dim.Unknown;
        for (var i = 0; i < c.Outputs && i < body.Outputs.Count; i++)
        {
            var inner = body.Outputs[i];
            c.Output(i, inner.Element, i < carried ? c.Shape(i) : plain && inner.Shape is { } item ? Shape.Of([steps, .. item]) : null);
        }
    }
}
