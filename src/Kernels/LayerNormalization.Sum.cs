using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

public static partial class LayerNormalization
{
    /// <summary>
    /// sum = a + b, then <see cref="Forward"/> of the sum, a row at a time, while it is in the cache. a, b, sum, y: [rows, width]; sum may be a or b, y
    /// may be any of the three.
    /// </summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void ForwardOfSum(
        ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> scale, ReadOnlySpan<float> bias, float epsilon, Span<float> sum, Span<float> y,
        Span<float> mean, Span<float> invStdDev)
    {
        var width = scale.Length;
        Lengths.Same(checked(mean.Length * width), a.Length, nameof(a));
        Lengths.Same(a.Length, b.Length, nameof(b));
        Lengths.Same(a.Length, sum.Length, nameof(sum));
        Lengths.Same(a.Length, y.Length, nameof(y));
        Lengths.Same(mean.Length, invStdDev.Length, nameof(invStdDev));
        for (var row = 0; row < mean.Length; row++)
        {
            var to = sum.Slice(row * width, width);
            Accumulate.Add(a.Slice(row * width, width), b.Slice(row * width, width), to);
            Forward(to, scale, bias, epsilon, y.Slice(row * width, width), mean.Slice(row, 1), invStdDev.Slice(row, 1));
        }
    }
}
