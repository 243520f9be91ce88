using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// Resize: along an axis every element is a weighted sum of elements, y = M·x. M is what the operator itself makes of an identity matrix, so that its weights
/// are the runtime's own: a coordinate that rounds otherwise would send a gradient to another element.
/// </summary>
internal static class Resampling
{
    // dX = Mᵀ·dY along each axis that changes; sums of blocks where every element is repeated
    public static IReadOnlyList<Value?> Resize(GradientContext c)
    {
        var x = c.X(0);
        var rank = Windows.Known(c, x).Rank;
        if (c.Needs(1))
        {
            throw new AutodiffException($"{c.Node.Describe()}: no gradient with respect to roi. Freeze the parameters before it.");
        }

        var axes = c.Node.Ints("axes")?.Select(a => (int)(a < 0 ? a + rank : a)).ToArray() ?? [.. Enumerable.Range(0, rank)];
        var dx = c.Dy;
        foreach (var place in Enumerable.Range(0, axes.Length).OrderByDescending(i => axes[i]))
        {
            var along = new Axis(c, axes, place);
            dx = along.IsSame ? dx
                : along.Repeats is { } count ? AxisMaps.Blocks(c, dx, x, axes[place], count)
                : AxisMaps.Back(c, dx, x, axes[place], along.Map);
        }

        return [dx, null, null, null];
    }

    /// <summary>What Resize does along one of its axes.</summary>
    /// <param name="axes">All that it names: roi, scales and sizes have an entry for each.</param>
    /// <param name="place">Which of them.</param>
    private sealed class Axis(GradientContext c, int[] axes, int place)
    {
        private readonly Value? _scales = Given(c.Node.Input(2));
        private readonly bool _crops = c.Node.Text("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize";
        private readonly bool _stretches = c.Node.Text("keep_aspect_ratio_policy", "stretch") == "stretch" || axes.Length == 1;

        private Dim Before => c.X(0).Shape![axes[place]];

        private Dim After => c.Y(0).Shape is { } shape ? shape[axes[place]] : Dim.Unknown;

        private float? Scale => _scales?.ConstantData is { Type: ElementType.Float } data ? data.As<float>()[place] : null;

        /// <summary>Whether the axis is certain to stay as it is.</summary>
        public bool IsSame
        {
            get
            {
                if (Scale is { } scale && scale != 1 && Before.IsKnown && (long)(scale * Before.Value) == Before.Value)
                {
                    throw new AutodiffException($"{c.Node.Describe()}: the scale {scale} leaves axis {axes[place]} at {Before}, and whether ONNX Runtime interpolates then depends on the other axes. Write a scale of 1, or one that changes the size.");
                }

                return !_crops && (_scales is null ? _stretches && Before.IsSameAs(After) : Scale == 1);
            }
        }

        /// <summary>How often each element is repeated, where that is all: nearest with a whole scale and a rounding that meets no tie.</summary>
        public long? Repeats
        {
            get
            {
                var aligned = (c.Node.Text("coordinate_transformation_mode", "half_pixel"), c.Node.Text("nearest_mode", "round_prefer_floor")) switch
                {
                    ("asymmetric", var rounding) => rounding == "floor",
                    ("half_pixel" or "pytorch_half_pixel" or "half_pixel_symmetric", var rounding) => rounding.StartsWith("round", StringComparison.Ordinal),
                    _ => false,
                };
                var scale = _scales is not null ? Scale : _stretches && Before.IsKnown && After.IsKnown && Before.Value > 0 ? (float)After.Value / Before.Value : null;
                return aligned && c.Node.Text("mode", "nearest") == "nearest" && scale is >= 1 and { } whole && whole == MathF.Floor(whole) ? (long)whole : null;
            }
        }

        /// <summary>Resize along axis <paramref name="side"/> of an identity matrix.</summary>
        public Value Map(int side)
        {
            var (b, x) = (c.Build, c.X(0));
            var eye = AxisMaps.Identity(c, x, axes[place]);
            Value Pair(Value own, Value other) => b.Concat(0, side == 0 ? own : other, side == 0 ? other : own);
            if (_scales is not null)
            {
                var scales = Scale is { } known
                    ? b.Constant(side == 0 ? Tensor.Vector(known, 1f) : Tensor.Vector(1f, known))
                    : Pair(Part(_scales, place), b.Constant(Tensor.Vector(1f)));
                return Applied(eye, Roi(side), scales, null);
            }

            if (!_stretches && Policy() is var (from, to, own, same) && !same)
            {
                return Kept(eye, side, from, to, own);
            }

            var sizes = Before.IsKnown && After.IsKnown
                ? b.Constant(side == 0 ? [After.Value, Before.Value] : [Before.Value, After.Value])
                : Pair(AxisMaps.Size(c, c.Y(0), axes[place]), AxisMaps.Size(c, x, axes[place]));
            return Applied(eye, Roi(side), null, sizes);
        }

        /// <summary>
        /// All axes have the scale of one, so that one goes along, in lowest terms: columns that are constant in it are the same afterwards.
        /// </summary>
        private Value Kept(Value eye, int side, long from, long to, long own)
        {
            var (b, size) = (c.Build, Before.Value);
            var columns = b.Expand(b.Unsqueeze(eye, 1, 2), b.Constant(size, 1, from, size)); // [n, n] → [n, 1, from, n]
            var resized = Applied(columns, null, null, b.Constant(to, own), ("axes", (long[])[2, 3]), ("keep_aspect_ratio_policy", c.Node.Text("keep_aspect_ratio_policy", "")));
            var matrix = b.Squeeze(b.Slice(resized, b.Constant(0), b.Constant(1), b.Constant(2)), 1, 2); // [n, m]
            return side == 0 ? b.Transpose(matrix) : matrix;
        }

        /// <summary>The size of the axis whose scale counts, before and after in lowest terms; what is asked for this one; whether it has that scale itself.</summary>
        private (long From, long To, long Own, bool Same) Policy()
        {
            var shape = c.X(0).Shape!;
            if (!Array.TrueForAll(axes, a => shape[a].IsKnown && shape[a].Value > 0) || c.Node.Input(3)?.ConstantData is not { } data)
            {
                throw new AutodiffException($"{c.Node.Describe()}: with keep_aspect_ratio_policy the gradient needs the sizes of the input and of the output. Declare them at the graph inputs, or export with scales.");
            }

            var wanted = Movement.Integers(data);
            var ratios = axes.Select((a, i) => (float)wanted[i] / shape[a].Value).ToArray();
            var chosen = c.Node.Text("keep_aspect_ratio_policy", "") == "not_larger" ? ratios.Min() : ratios.Max();
            var at = Array.IndexOf(ratios, chosen);
            var (from, to) = (shape[axes[at]].Value, wanted[at]);
            var divisor = (long)System.Numerics.BigInteger.GreatestCommonDivisor(from, to);
            return (from / divisor, to / divisor, wanted[place], ratios[place] == chosen);
        }

        private Value? Roi(int side)
        {
            if (!_crops)
            {
                return null;
            }

            var (b, roi) = (c.Build, c.X(1));
            var (start, end) = (Part(roi, place), Part(roi, place + axes.Length));
            Value zero = b.CastLike(b.Constant(Tensor.Vector(0f)), roi), one = b.CastLike(b.Constant(Tensor.Vector(1f)), roi);
            return side == 0 ? b.Concat(0, start, zero, end, one) : b.Concat(0, zero, start, one, end);
        }

        // What lies outside of a crop comes from no element: extrapolation_value stays at 0.
        private Value Applied(Value x, Value? roi, Value? scales, Value? sizes, params ReadOnlySpan<(string, AttributeValue)> more) => c.Build.Op("Resize", [x, roi, scales, sizes],
            [.. c.Node.Attributes.Where(a => a.Key is not ("axes" or "extrapolation_value" or "keep_aspect_ratio_policy")).Select(a => (a.Key, a.Value)), .. more]);

        private Value Part(Value vector, int index) => c.Build.Slice(vector, c.Build.Constant(index), c.Build.Constant(index + 1), c.Build.Constant(0));

        /// <summary>Exporters write an empty tensor where they mean nothing.</summary>
        private static Value? Given(Value? input) => input?.Shape is { Count: 0 } || input?.ConstantData is { Count: 0 } ? null : input;
    }
}
