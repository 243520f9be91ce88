using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// RNN, GRU and LSTM. The gates are computed anew from X and the stored hidden states, all steps at once; what goes from step to step, cell states
/// and gradients of states, runs in a Scan. Below, h is the state before a step and dH what arrives at the state after it: dY of the step and
/// what the steps after it pass back.
/// </summary>
internal static class Recurrent
{
    // H = f(a), a = x·Wᵀ + h·Rᵀ + b: da = f′·dH, dh = da·R
    public static IReadOnlyList<Value?> Rnn(GradientContext c) => RecurrentLayer.Gradients(c, ["Tanh", "Relu", "Sigmoid"], d =>
    {
        var b = d.Build;
        var y = d.Y;
        var slope = d.Activation switch
        {
            "Relu" => b.CastLike(b.Greater(y, b.ConstantLike(y, 0)), y),
            "Sigmoid" => SigmoidSlope(b, y),
            _ => TanhSlope(b, y),
        };
        var (dh, da) = d.Back([], [slope], (s, dH, _, items) =>
        {
            var da = s.Mul(dH, items[0]);
            return ([s.MatMul(da, d.R)], [da]);
        });
        return d.Result(da[0], da[0], d.Before(y, d.H0), dh[0], null);
    });

    // i, o, f = σ(aᵢ), σ(aₒ), σ(a_f), g = tanh(a_g), C = f·c + i·g, H = o·tanh(C): daₒ = dH·tanh(C)·o′, dC += dH·o·(1 − tanh²(C)),
    // daᵢ = dC·g·i′, da_f = dC·c·f′, da_g = dC·i·g′; dh = da·R, dc = dC·f
    public static IReadOnlyList<Value?> Lstm(GradientContext c) => RecurrentLayer.Gradients(c, ["Sigmoid,Tanh,Tanh"], d =>
    {
        var b = d.Build;
        var before = d.Before(d.Y, d.H0);
        var gates = b.Add(d.FromInput, d.FromStates(before));
        var parts = RecurrentLayer.Parts(b, gates, 4, -1);
        var (i, o, f, g) = (b.Sigmoid(parts[0]), b.Sigmoid(parts[1]), b.Sigmoid(parts[2]), b.Tanh(parts[3]));
        var cells = d.Scan(d.Reverse, [d.C0], [f, b.Mul(i, g)], (s, states, items) =>
        {
            var next = s.Add(s.Mul(items[0], states[0]), items[1]);
            return ([next], [s.Identity(next)]); // no output may stand for another
        }).Steps[0];
        var tanh = b.Tanh(cells);
        Value[] slopes =
        [
            b.Mul(g, SigmoidSlope(b, i)),
            b.Mul(tanh, SigmoidSlope(b, o)),
            b.Mul(d.Before(cells, d.C0), SigmoidSlope(b, f)),
            b.Mul(i, TanhSlope(b, g)),
            b.Mul(o, TanhSlope(b, tanh)),
            f,
        ];
        var (first, da) = d.Back([d.LastCell], slopes, (s, dH, dCell, items) =>
        {
            var dC = s.Add(dCell[0], s.Mul(dH, items[4]));
            var da = s.Concat(-1, s.Mul(dC, items[0]), s.Mul(dH, items[1]), s.Mul(dC, items[2]), s.Mul(dC, items[3]));
            return ([s.MatMul(da, d.R), s.Mul(dC, items[5])], [da]);
        });
        return d.Result(da[0], da[0], before, first[0], first[1]);
    });

    // z, r = σ(a_z), σ(a_r), H = (1 − z)·n + z·h, dn = dH·(1 − z)·n′, da_z = dH·(h − n)·z′, where
    //   linear_before_reset: n = tanh(x·Wₙᵀ + r·q), q = h·Rₙᵀ + b: da_r = dn·q·r′, dq = dn·r, dh = dH·z + [da_z, da_r, dq]·R
    //   else:                n = tanh(x·Wₙᵀ + (r·h)·Rₙᵀ + b), s = dn·Rₙ: da_r = s·h·r′, dh = dH·z + s·r + [da_z, da_r]·[R_z, R_r]
    public static IReadOnlyList<Value?> Gru(GradientContext c) => RecurrentLayer.Gradients(c, ["Sigmoid,Tanh"], d =>
    {
        var b = d.Build;
        var linear = c.Node.Int("linear_before_reset", 0) != 0;
        var before = d.Before(d.Y, d.H0);
        var input = RecurrentLayer.Parts(b, d.FromInput, 3, -1);
        var states = RecurrentLayer.Parts(b, d.FromStates(before), 3, -1);
        var (z, r) = (b.Sigmoid(b.Add(input[0], states[0])), b.Sigmoid(b.Add(input[1], states[1])));
        var weights = RecurrentLayer.Parts(b, d.R, 3, 0); // [H, H] each
        Value inner; // what r scales
        Value n;
        if (linear)
        {
            (inner, n) = (states[2], b.Tanh(b.Add(input[2], b.Mul(r, states[2]))));
        }
        else
        {
            var product = b.FusedMatMul(b.Mul(r, before), weights[2], transB: true);
            var biased = d.StateBias is { } bias ? b.Add(product, RecurrentLayer.Parts(b, bias, 3, 0)[2]) : product;
            (inner, n) = (before, b.Tanh(b.Add(input[2], biased)));
        }

        Value[] slopes =
        [
            b.Mul(b.Sub(before, n), SigmoidSlope(b, z)),
            b.Mul(inner, SigmoidSlope(b, r)),
            b.Mul(b.Sub(b.ConstantLike(z, 1), z), TanhSlope(b, n)),
            z,
            r,
        ];
        var gates = linear ? null : b.Concat(0, weights[0], weights[1]); // [2·H, H]
        var (first, da) = d.Back([], slopes, (s, dH, _, items) =>
        {
            var (dz, dn, kept) = (s.Mul(dH, items[0]), s.Mul(dH, items[2]), s.Mul(dH, items[3]));
            if (linear)
            {
                var dr = s.Mul(dn, items[1]);
                return ([s.Add(kept, s.MatMul(s.Concat(-1, dz, dr, s.Mul(dn, items[4])), d.R))], [dz, dr, dn]);
            }

            var scaled = s.MatMul(dn, weights[2]);
            var reset = s.Mul(scaled, items[1]);
            return ([s.Sum(kept, s.Mul(scaled, items[4]), s.MatMul(s.Concat(-1, dz, reset), gates!))], [dz, reset, dn]);
        });
        var all = b.Concat(-1, da[0], da[1], da[2]); // [T, B, 3·H]
        if (linear)
        {
            return d.Result(all, b.Concat(-1, da[0], da[1], b.Mul(da[2], r)), before, first[0], null);
        }

        // The last gate's product is of r·h, not of h.
        return d.Result(all, all, before, first[0], null) with
        {
            R = c.Needs(2) ? b.Concat(0, d.Product(b.Concat(-1, da[0], da[1]), before), d.Product(da[2], b.Mul(r, before))) : null,
        };
    });

    private static Value SigmoidSlope(GraphBuilder b, Value y) => b.Mul(y, b.Sub(b.ConstantLike(y, 1), y));

    private static Value TanhSlope(GraphBuilder b, Value y) => b.Sub(b.ConstantLike(y, 1), b.Mul(y, y));
}
