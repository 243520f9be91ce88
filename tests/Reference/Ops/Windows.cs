namespace OnnxPipeline.Reference.Ops;

/// <summary>How a window of a convolution or pool moves over the spatial axes of [N, C, spatial...].</summary>
internal sealed class Windows
{
    public Windows(Call c, int[] size, int[] kernel)
    {
        var n = size.Length;
        Size = size;
        Kernel = kernel;
        Strides = c.Ints("strides") ?? [.. Enumerable.Repeat(1, n)];
        Dilations = c.Ints("dilations") ?? [.. Enumerable.Repeat(1, n)];
        var pads = c.Ints("pads") ?? new int[2 * n];
        (Before, After, Output) = (pads[..n], pads[n..], new int[n]);
        var (mode, up) = (c.Text("auto_pad", "NOTSET"), c.Int("ceil_mode", 0) != 0);
        for (var i = 0; i < n; i++)
        {
            var extent = ((kernel[i] - 1) * Dilations[i]) + 1;
            if (mode == "VALID")
            {
                (Before[i], After[i]) = (0, 0);
            }
            else if (mode != "NOTSET")
            {
                var total = Math.Max(0, ((((size[i] + Strides[i] - 1) / Strides[i]) - 1) * Strides[i]) + extent - size[i]);
                Before[i] = mode == "SAME_UPPER" ? total / 2 : total - (total / 2);
                After[i] = total - Before[i];
            }

            var room = size[i] + Before[i] + After[i] - extent;
            Output[i] = ((up ? room + Strides[i] - 1 : room) / Strides[i]) + 1;
            if (up && (Output[i] - 1) * Strides[i] >= size[i] + Before[i])
            {
                Output[i]--; // such a window would begin behind the data
            }
        }
    }

    public int[] Size { get; }

    public int[] Kernel { get; }

    public int[] Strides { get; }

    public int[] Dilations { get; }

    public int[] Before { get; }

    public int[] After { get; }

    public int[] Output { get; }

    /// <summary>The elements of the window at <paramref name="at"/> that lie in the data: place in the window, place in the data.</summary>
    public IEnumerable<(int Tap, int Place)> At(int[] at)
    {
        var (tap, strides) = (0, Index.Strides(Size));
        foreach (var offset in Index.All(Kernel))
        {
            if (Positions(at, offset) is var positions && !positions.Where((p, i) => p < 0 || p >= Size[i]).Any())
            {
                yield return (tap, Index.Flat(positions, strides));
            }

            tap++;
        }
    }

    /// <summary>How many elements of the window lie in the data and its padding (a window that ceil_mode added may reach beyond both).</summary>
    public int Padded(int[] at) => Index.All(Kernel).Count(offset => !Positions(at, offset).Where((p, i) => p >= Size[i] + After[i]).Any());

    private int[] Positions(int[] at, int[] offset) => [.. at.Select((a, i) => (a * Strides[i]) + (offset[i] * Dilations[i]) - Before[i])];
}
