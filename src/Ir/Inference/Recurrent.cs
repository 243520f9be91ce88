namespace OnnxPipeline.Ir.Inference;

/// <summary>RNN, GRU, LSTM: x [seq, batch, input] → y [seq, directions, batch, hidden] and last states [directions, batch, hidden]; layout 1 puts batch first.</summary>
internal static class Recurrent
{
    public static void Layer(InferenceContext c)
    {
        var x = c.Shape(0);
        Dim directions = c.Node.Text("direction", "forward") == "bidirectional" ? 2 : 1;
        var hidden = c.Node.Attributes.ContainsKey("hidden_size") ? c.Node.Int("hidden_size", 0) : c.Shape(2) is { Rank: 3 } r ? r[2] : Dim.Unknown;
        if (x is not null && x.Rank != 3)
        {
            throw c.Contradiction($"data of shape {x}", "rank 3");
        }

        var first = c.Node.Int("layout", 0) != 0;
        var (seq, batch) = x is null ? (Dim.Unknown, Dim.Unknown) : first ? (x[1], x[0]) : (x[0], x[1]);
        c.Output(0, c.Element(0), first ? [batch, seq, directions, hidden] : [seq, directions, batch, hidden]);
        for (var i = 1; i < c.Outputs; i++)
        {
            c.Output(i, c.Element(0), first ? [batch, directions, hidden] : [directions, batch, hidden]);
        }
    }
}
