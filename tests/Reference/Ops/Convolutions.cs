namespace OnnxPipeline.Reference.Ops;

/// <summary>Convolutions over [N, C, spatial...].</summary>
internal static class Convolutions
{
    public static IReadOnlyList<Array64?> Conv(Call c)
    {
        var (x, w, groups) = (c[0], c[1], (int)c.Int("group", 1));
        var windows = new Windows(c, x.Dims[2..], w.Dims[2..]);
        int[] dims = [x.Dims[0], w.Dims[0], .. windows.Output];
        var (image, taps, place) = (Index.Count(windows.Size), Index.Count(windows.Kernel), 0);
        var y = new double[Index.Count(dims)];
        foreach (var at in Index.All(dims))
        {
            var (batch, channel) = (at[0], at[1]);
            var first = channel / (w.Dims[0] / groups) * w.Dims[1];
            double sum = c.Optional(2)?.Doubles[channel] ?? 0;
            foreach (var (tap, from) in windows.At(at[2..]))
            {
                for (var i = 0; i < w.Dims[1]; i++)
                {
                    sum += x.Doubles[(((batch * x.Dims[1]) + first + i) * image) + from] * w.Doubles[(((channel * w.Dims[1]) + i) * taps) + tap];
                }
            }

            y[place++] = sum;
        }

        return [new(y, dims)];
    }

    // [N, C·block, windows]: every block is added to the image where a window of a Conv of the same attributes lies
    public static IReadOnlyList<Array64?> Col2Im(Call c)
    {
        var (x, image, block) = (c[0], c[1].Ints, c[2].Ints);
        var windows = new Windows(c, image, block);
        var (taps, count, area) = (Index.Count(block), Index.Count(windows.Output), Index.Count(image));
        int[] dims = [x.Dims[0], x.Dims[1] / taps, .. image];
        var y = new double[Index.Count(dims)];
        for (var row = 0; row < dims[0] * dims[1]; row++)
        {
            var window = 0;
            foreach (var at in Index.All(windows.Output))
            {
                foreach (var (tap, place) in windows.At(at))
                {
                    y[(row * area) + place] += x.Doubles[(((row * taps) + tap) * count) + window];
                }

                window++;
            }
        }

        return [new(y, dims)];
    }

    // Every element of x times the kernel is added where a Conv of the same attributes would have read it.
    public static IReadOnlyList<Array64?> ConvTranspose(Call c)
    {
        var (x, w, groups, n) = (c[0], c[1], (int)c.Int("group", 1), c[0].Rank - 2);
        var (output, before) = Transposed(c, x.Dims[2..], w.Dims[2..]);
        var (strides, dilations) = (c.Ints("strides") ?? [.. Enumerable.Repeat(1, n)], c.Ints("dilations") ?? [.. Enumerable.Repeat(1, n)]);
        int[] dims = [x.Dims[0], w.Dims[1] * groups, .. output];
        var (image, taps, places) = (Index.Count(output), Index.Count(w.Dims.AsSpan(2)), Index.Strides(output));
        var y = new double[Index.Count(dims)];
        var place = 0;
        foreach (var at in Index.All(x.Dims))
        {
            var value = x.Doubles[place++];
            var first = at[1] / (x.Dims[1] / groups) * w.Dims[1];
            var tap = 0;
            foreach (var offset in Index.All(w.Dims[2..]))
            {
                int[] to = [.. offset.Select((o, i) => (at[i + 2] * strides[i]) + (o * dilations[i]) - before[i])];
                for (var i = 0; i < w.Dims[1] && !to.Where((p, a) => p < 0 || p >= output[a]).Any(); i++)
                {
                    y[(((at[0] * dims[1]) + first + i) * image) + Index.Flat(to, places)] += value * w.Doubles[(((at[1] * w.Dims[1]) + i) * taps) + tap];
                }

                tap++;
            }
        }

        var bias = c.Optional(2)?.Doubles;
        return [new(y.Select((v, i) => v + (bias?[i / image % dims[1]] ?? 0)).ToArray(), dims)];
    }

    private static (int[] Output, int[] Before) Transposed(Call c, int[] size, int[] kernel)
    {
        var n = size.Length;
        var (strides, dilations, extra) = (c.Ints("strides") ?? [.. Enumerable.Repeat(1, n)], c.Ints("dilations") ?? [.. Enumerable.Repeat(1, n)], c.Ints("output_padding") ?? new int[n]);
        var (pads, given, mode) = (c.Ints("pads") ?? new int[2 * n], c.Ints("output_shape"), c.Text("auto_pad", "NOTSET"));
        var (output, before) = (new int[n], pads[..n]);
        for (var i = 0; i < n; i++)
        {
            var full = ((size[i] - 1) * strides[i]) + extra[i] + ((kernel[i] - 1) * dilations[i]) + 1;
            if (mode == "VALID" && given is null)
            {
                (before[i], output[i]) = (0, full);
            }
            else if (mode == "NOTSET" && given is null)
            {
                output[i] = full - pads[i] - pads[i + n];
            }
            else
            {
                output[i] = given?[given.Length - n + i] ?? size[i] * strides[i];
                var total = Math.Max(0, full - output[i]);
                before[i] = mode == "SAME_UPPER" ? total / 2 : total - (total / 2);
            }
        }

        return (output, before);
    }
}
