using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// How a rule that works channel by channel, or group by group, lays out [N, C, spatial...]: as it is, or with the numbers behind axis 1 as one axis.
/// Numbers narrower than float32 are computed in float32.
/// </summary>
/// <param name="Rank">Of the layout: the data's own, or 3.</param>
/// <param name="Parts">Null: the data's own layout. Else size of axis 1, 0 for that of the data: [N, parts, rest].</param>
internal sealed record Channels(GradientContext Context, int Rank, long? Parts)
{
    private GraphBuilder Build => Context.Build;

    /// <summary>The data's own layout, or [N, C, rest] where the rank is unknown.</summary>
    public static Channels Of(GradientContext c, Value x) => x.Shape is { } shape ? new(c, shape.Rank, null) : new(c, 3, 0);

    /// <summary>[N, groups, rest].</summary>
    public static Channels Grouped(GradientContext c, long groups) => new(c, 3, groups);

    /// <summary>All axes behind the channels.</summary>
    public long[] Spatial => [.. Enumerable.Range(2, Math.Max(0, Rank - 2))];

    /// <summary>All axes but the channels.</summary>
    public long[] Others => [0, .. Spatial];

    /// <summary>A value of the data's shape in this layout.</summary>
    public Value Open(Value x) => Parts is { } parts ? Build.Reshape(Context.Wide(x), 0, parts, -1) : Context.Wide(x);

    /// <summary>A result in this layout as the gradient of <paramref name="x"/>, which has the data's shape.</summary>
    public Value Close(Value result, Value x) => Context.Narrow(Parts is null ? result : Context.ReshapeLike(result, x), x);

    /// <summary>One number per channel, [C], so that it broadcasts to the layout.</summary>
    public Value Lift(Value perChannel) => Rank > 2
        ? Build.Unsqueeze(Context.Wide(perChannel), [.. Enumerable.Range(1, Rank - 2)]) // [C, 1, ...]
        : Context.Wide(perChannel);

    /// <summary>The sum of a value in this layout over all that belongs to a channel: [C].</summary>
    public Value Sum(Value x) => Build.ReduceSum(x, Others, keepDims: false);
}
