using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Operators that pass one of their inputs on, element by element.</summary>
internal static class Choice
{
    // condition ? x : y
    public static IReadOnlyList<Value?> Where(GradientContext c)
    {
        var b = c.Build;
        var zero = b.ConstantLike(c.Dy, 0);
        return
        [
            null,
            c.Needs(1) ? b.Where(c.X(0), c.Dy, zero) : null,
            c.Needs(2) ? b.Where(c.X(0), zero, c.Dy) : null,
        ];
    }

    // The inputs that equal the result share its gradient evenly.
    public static IReadOnlyList<Value?> MaxOrMin(GradientContext c)
    {
        var b = c.Build;
        if (c.Node.Inputs.Count == 1)
        {
            return [c.Dy];
        }

        var chosen = c.Node.Inputs.Select(x => b.Cast(b.Equal(x!, c.Y(0)), c.Dy.Element)).ToArray();
        var share = b.Div(c.Dy, b.Sum(chosen));
        return [.. chosen.Select((mask, i) => c.Needs(i) ? b.Mul(share, mask) : null)];
    }

    // min(max(x, low), high): dy goes to x where low ≤ x ≤ high, to the bound that took its place elsewhere (high wins where low > high)
    public static IReadOnlyList<Value?> Clip(GradientContext c)
    {
        var b = c.Build;
        var (x, low, high) = (c.X(0), c.Node.Input(1), c.Node.Input(2));
        var zero = b.ConstantLike(c.Dy, 0);
        var above = low is null ? null : b.GreaterOrEqual(x, low);
        var below = high is null ? null : b.LessOrEqual(x, high);
        var inside = above is null ? below : below is null ? above : b.And(above, below);
        Value? dLow = null, dHigh = null;
        if (c.Needs(1))
        {
            var taken = b.Less(x, low!);
            dLow = b.Where(high is null ? taken : b.And(taken, b.LessOrEqual(low!, high)), c.Dy, zero);
        }

        if (c.Needs(2))
        {
            var taken = b.Greater(x, high!);
            dHigh = b.Where(low is null ? taken : b.Or(taken, b.Greater(low, high!)), c.Dy, zero);
        }

        return [inside is null ? c.Dy : b.Where(inside, c.Dy, zero), dLow, dHigh];
    }
}
