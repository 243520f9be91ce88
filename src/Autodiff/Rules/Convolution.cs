using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Y = X ∗ W + B and its transpose, written in each other: both are there for every runtime.</summary>
internal static class Convolution
{
    // dX = W ∗ᵀ dY, dW = X ∗ dY with batch and channels swapped, dB = Σ dY
    public static IReadOnlyList<Value?> Conv(GradientContext c)
    {
        var (x, w, group) = (c.X(0), c.X(1), c.Node.Int("group", 1));
        var windows = Windows.Of(c, Windows.Known(c, x), c.Dy.Shape, Kernel(c, w));
        return
        [
            c.Needs(0) ? windows.Spread(c, c.Dy, w, x, group) : null,
            c.Needs(1) ? windows.KernelGradient(c, x, c.Dy, w, group) : null,
            c.Needs(2) ? Bias(c, windows.Rank) : null,
        ];
    }

    // dX = W ∗ dY, dW = dY ∗ X with batch and channels swapped, dB = Σ dY
    public static IReadOnlyList<Value?> ConvTranspose(GradientContext c)
    {
        var (x, w, group) = (c.X(0), c.X(1), c.Node.Int("group", 1));
        var windows = Windows.OfTranspose(c, Windows.Known(c, x), Kernel(c, w));
        return
        [
            c.Needs(0) ? windows.Gather(c, c.Dy, w, group) : null,
            c.Needs(1) ? windows.KernelGradient(c, c.Dy, x, w, group) : null,
            c.Needs(2) ? Bias(c, windows.Rank) : null,
        ];
    }

    // Y is blocks laid over an image and added up; dX takes each out of dY again: a Conv with a kernel for every element of a block
    public static IReadOnlyList<Value?> Col2Im(GradientContext c)
    {
        var (b, x) = (c.Build, c.X(0));
        var block = c.X(2).ConstantData is { } data ? Movement.Integers(data) : throw new AutodiffException($"{c.Node.Describe()}: the gradient needs to know the sizes of a block. Make '{c.X(2).Name}' a constant.");
        var count = b.Constant(block.Aggregate(1L, (n, size) => n * size));
        var kernels = b.Reshape(AxisMaps.Identity(c, x, count), [-1, 1, .. block]); // [block, 1, block...]
        var image = c.Y(0).Shape is null ? b.Shape(c.Dy, 2, block.Length + 2) : Windows.Spatial(c, c.Y(0));
        var images = b.Reshape(c.Dy, b.Concat(0, b.Constant(-1, 1), image)); // [N·C, 1, image...]
        var taken = b.Op("Conv", [images, kernels], [.. c.Node.Attributes.Select(a => (a.Key, a.Value))]); // [N·C, block, windows...]
        return [c.ReshapeLike(taken, x), null, null];
    }

    private static Dim[] Kernel(GradientContext c, Value w) =>
        c.Node.Ints("kernel_shape") is { } given ? [.. given.Select(Dim.Of)] : Windows.Known(c, w).Dims[2..].ToArray();

    private static Value Bias(GradientContext c, int rank) => c.Build.ReduceSum(c.Dy, [0, .. Enumerable.Range(2, rank)], keepDims: false);
}
