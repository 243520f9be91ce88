using OnnxPipeline.Ir;

namespace OnnxPipeline.Reference.Ops;

/// <summary>RNN, GRU and LSTM by loops over directions, sequences and steps; default activations of GRU and LSTM, no clip.</summary>
internal static class Recurrent
{
    public static IReadOnlyList<Array64?> Rnn(Call c)
    {
        var names = c.Attributes.TryGetValue("activations", out var given)
            ? ((StringsAttribute)given).Values.Select(v => System.Text.Encoding.UTF8.GetString(v.Span)).ToArray()
            : ["Tanh", "Tanh"];
        return Layer(c, 1, (d, x, h, _) =>
        {
            Func<double, double> f = names[d.Index] switch { "Relu" => v => Math.Max(v, 0), "Sigmoid" => Activations.Sigmoid, _ => Math.Tanh };
            return ([.. d.Units.Select(u => f(d.FromInput(x, 0, u) + d.FromState(h, 0, u)))], h);
        });
    }

    public static IReadOnlyList<Array64?> Gru(Call c) => Layer(c, 3, (d, x, h, _) =>
    {
        double[] Gate(int gate) => [.. d.Units.Select(u => Activations.Sigmoid(d.FromInput(x, gate, u) + d.FromState(h, gate, u)))];
        var (z, r) = (Gate(0), Gate(1));
        double[] reset = [.. d.Units.Select(u => r[u] * h[u])];
        double Inner(int u) => c.Int("linear_before_reset", 0) != 0 ? r[u] * d.FromState(h, 2, u) : d.FromState(reset, 2, u);
        return ([.. d.Units.Select(u => ((1 - z[u]) * Math.Tanh(d.FromInput(x, 2, u) + Inner(u))) + (z[u] * h[u]))], h);
    });

    public static IReadOnlyList<Array64?> Lstm(Call c) => Layer(c, 4, (d, x, h, cell) =>
    {
        double[] Gate(int gate, Func<double, double> f) => [.. d.Units.Select(u => f(d.FromInput(x, gate, u) + d.FromState(h, gate, u)))];
        var (i, o, f, g) = (Gate(0, Activations.Sigmoid), Gate(1, Activations.Sigmoid), Gate(2, Activations.Sigmoid), Gate(3, Math.Tanh));
        double[] next = [.. d.Units.Select(u => (f[u] * cell[u]) + (i[u] * g[u]))];
        return ([.. d.Units.Select(u => o[u] * Math.Tanh(next[u]))], next);
    });

    private static Array64?[] Layer(Call c, int gates, Func<Direction, double[], double[], double[], (double[] State, double[] Cell)> step)
    {
        var first = c.Int("layout", 0) != 0; // batch before time
        var text = c.Text("direction", "forward");
        var directions = text == "bidirectional" ? 2 : 1;
        var hidden = c[2].Dims[2];
        var (steps, batch) = first ? (c[0].Dims[1], c[0].Dims[0]) : (c[0].Dims[0], c[0].Dims[1]);
        Array64 y = new(new double[steps * directions * batch * hidden], first ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]);
        int[] last = first ? [batch, directions, hidden] : [directions, batch, hidden];
        Array64 lastState = new(new double[directions * batch * hidden], last), lastCell = new(new double[directions * batch * hidden], last);
        for (var index = 0; index < directions; index++)
        {
            var direction = new Direction(c, index, gates, hidden);
            for (var row = 0; row < batch; row++)
            {
                var place = first ? (row * directions) + index : (index * batch) + row;
                double[] From(int input) => c.Optional(input) is { } given ? given.Doubles[(place * hidden)..((place + 1) * hidden)] : new double[hidden];
                var (state, cell) = (From(5), gates == 4 ? From(6) : new double[hidden]);
                var length = c.Optional(4) is { } lengths ? (int)lengths.ToLongs()[row] : steps;
                for (var i = 0; i < length; i++)
                {
                    var at = text == "reverse" || index == 1 ? length - 1 - i : i;
                    var from = (first ? (row * steps) + at : (at * batch) + row) * c[0].Dims[2];
                    (state, cell) = step(direction, c[0].Doubles[from..(from + c[0].Dims[2])], state, cell);
                    state.CopyTo(y.Doubles, (first ? (((row * steps) + at) * directions) + index : (((at * directions) + index) * batch) + row) * hidden);
                }

                state.CopyTo(lastState.Doubles, place * hidden);
                cell.CopyTo(lastCell.Doubles, place * hidden);
            }
        }

        return gates == 4 ? [y, lastState, lastCell] : [y, lastState];
    }

    /// <summary>The weights of one direction.</summary>
    private sealed class Direction(Call c, int index, int gates, int hidden)
    {
        public int Index => index;

        public IEnumerable<int> Units => Enumerable.Range(0, hidden);

        public double FromInput(double[] x, int gate, int unit) => Sum(c[1], x, (gate * hidden) + unit) + Bias((gate * hidden) + unit);

        public double FromState(double[] h, int gate, int unit) => Sum(c[2], h, (gate * hidden) + unit) + Bias(((gates + gate) * hidden) + unit);

        private double Sum(Array64 weights, double[] x, int row) => x.Select((v, i) => v * weights.Doubles[((((index * gates * hidden) + row) * x.Length) + i)]).Sum();

        private double Bias(int place) => c.Optional(3) is { } bias ? bias.Doubles[(index * 2 * gates * hidden) + place] : 0;
    }
}
