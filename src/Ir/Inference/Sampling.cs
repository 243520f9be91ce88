namespace OnnxPipeline.Ir.Inference;

/// <summary>Images read at computed places, and Fourier transforms.</summary>
internal static class Sampling
{
    // (x [N, C, size...], grid [N, places..., k]) → [N, C, places...]
    public static void GridSample(InferenceContext c)
    {
        var (x, grid) = (c.Shape(0), c.Shape(1));
        if (x is not null && grid is not null && x.Rank != grid.Rank)
        {
            throw c.Contradiction($"an image of shape {x} and a grid of shape {grid}", "the same rank");
        }

        c.Output(0, c.Element(0), grid is { Rank: > 2 } ? Shape.Of([x?[0] ?? grid[0], x?[1] ?? Dim.Unknown, .. grid.Dims[1..^1]]) : null);
    }

    // (theta [N, k, k + 1], size [N, C, sizes...]) → [N, sizes..., k]
    public static void AffineGrid(InferenceContext c)
    {
        Shape? result = null;
        if (c.Elements(1) is { Length: 4 or 5 } size)
        {
            result = Shape.Of([c.Shape(0)?[0] ?? size[0], .. size[2..], size.Length - 2]);
        }

        c.Output(0, c.Element(0), result);
    }

    // [..., n, ..., 1 or 2] → [..., n or dft_length, ..., 2]; onesided n/2 + 1
    public static void DFT(InferenceContext c)
    {
        Shape? result = null;
        if (c.Shape(0) is { Rank: > 1 } x && (c.Opset >= 20 ? c.Has(2) ? c.Constants(2)?[0] : -2 : c.Node.Int("axis", 1)) is { } given)
        {
            var axis = c.Axis(given, x.Rank);
            var dims = x.Dims.ToArray();
            var length = c.Has(1) ? c.Elements(1)?[0] ?? Dim.Unknown : dims[axis];
            dims[axis] = c.Node.Int("onesided", 0) == 0 ? length : DimMath.Add(DimMath.Div(length, 2), 1);
            dims[^1] = 2;
            result = Shape.Of(dims);
        }

        c.Output(0, c.Element(0), result);
    }
}
