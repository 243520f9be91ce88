using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>
/// How the windows of a convolution or pool lie over the larger side's spatial axes: size = (count − 1)·stride + dilation·(kernel − 1) + 1 − before − after + rest.
/// For ConvTranspose the larger side is the output.
/// </summary>
/// <param name="Kernel">Where it is a number.</param>
/// <param name="Rest">What the windows leave over at the end (negative: reach beyond it), null where that follows from sizes known only at run time.</param>
internal sealed record Windows(Dim[] Kernel, long[] Strides, long[] Dilations, long[] Before, long[] After, long?[] Rest)
{
    public int Rank => Kernel.Length;

    /// <summary>Of Conv and the pools.</summary>
    /// <param name="size">[N, C, spatial...] of the input.</param>
    /// <param name="count">[N, C, spatial...] of the output.</param>
    /// <exception cref="AutodiffException">auto_pad with strides, and a size is unknown.</exception>
    public static Windows Of(GradientContext c, Shape size, Shape? count, Dim[] kernel)
    {
        var (n, mode) = (kernel.Length, c.Node.Text("auto_pad", "NOTSET"));
        var (strides, dilations, pads) = (List(c, "strides", n, 1), List(c, "dilations", n, 1), List(c, "pads", 2 * n, 0));
        var (before, after, rest) = (pads[..n], pads[n..], new long?[n]);
        for (var i = 0; i < n; i++)
        {
            var (dim, extent) = (size[i + 2], kernel[i].IsKnown ? (dilations[i] * (kernel[i].Value - 1)) + 1 : (long?)null);
            if (mode == "VALID")
            {
                (before[i], after[i]) = (0, 0);
            }
            else if (mode != "NOTSET")
            {
                var covered = dim.IsKnown ? ((dim.Value + strides[i] - 1) / strides[i] * strides[i]) - dim.Value : strides[i] == 1 ? 0 : (long?)null; // up to the stride's next multiple
                var total = Math.Max(0, covered - strides[i] + extent ?? throw SizeWanted(c, $"auto_pad {mode} with strides needs"));
                before[i] = mode == "SAME_UPPER" ? total / 2 : total - (total / 2);
                after[i] = total - before[i];
            }

            rest[i] = strides[i] == 1 ? 0
                : dim.IsKnown && count is not null && count[i + 2].IsKnown && extent is not null ? dim.Value + before[i] + after[i] - extent - ((count[i + 2].Value - 1) * strides[i])
                : null;
        }

        return new(kernel, strides, dilations, before, after, rest);
    }

    /// <summary>Of ConvTranspose.</summary>
    /// <param name="count">[N, C, spatial...] of the input.</param>
    /// <exception cref="AutodiffException">output_shape is given, and a size is unknown.</exception>
    public static Windows OfTranspose(GradientContext c, Shape count, Dim[] kernel)
    {
        var (n, mode, given) = (kernel.Length, c.Node.Text("auto_pad", "NOTSET"), c.Node.Ints("output_shape"));
        var (strides, dilations, pads, extra) = (List(c, "strides", n, 1), List(c, "dilations", n, 1), List(c, "pads", 2 * n, 0), List(c, "output_padding", n, 0));
        var (before, after, rest) = (pads[..n], pads[n..], new long?[n]);
        for (var i = 0; i < n; i++)
        {
            rest[i] = extra[i];
            if (mode == "VALID" && given is null)
            {
                (before[i], after[i]) = (0, 0);
            }
            else if (mode != "NOTSET" || given is not null)
            {
                var extent = kernel[i].IsKnown ? (dilations[i] * (kernel[i].Value - 1)) + 1 : throw SizeWanted(c, "auto_pad or output_shape needs the kernel's and");
                var surplus = given is null ? extra[i] + extent - strides[i]
                    : count[i + 2].IsKnown ? ((count[i + 2].Value - 1) * strides[i]) + extra[i] + extent - given[given.Count - n + i]
                    : throw SizeWanted(c, "output_shape needs");
                var total = Math.Max(0, surplus);
                before[i] = mode == "SAME_UPPER" ? total / 2 : total - (total / 2);
                after[i] = total - before[i];
                rest[i] = extra[i] + total - surplus;
            }
        }

        return new(kernel, strides, dilations, before, after, rest);
    }

    /// <summary>The rank of the spatial axes, or the refusal of an input of unknown rank.</summary>
    public static Shape Known(GradientContext c, Value x) =>
        x.Shape ?? throw new AutodiffException($"{c.Node.Describe()}: the rank of {x} is unknown, the gradient needs it. Declare the shapes of the graph inputs.");

    /// <summary>From windows to elements: every window's value times the kernel, added up over <paramref name="target"/>'s spatial axes.</summary>
    public Value Spread(GradientContext c, Value windows, Value kernel, Value target, long group = 1)
    {
        var b = c.Build;
        List<(string, AttributeValue)> attributes = [.. Attributes(Strides, Dilations, group)];
        if (!Array.TrueForAll(Rest, r => r is not null))
        {
            attributes.Add(("pads", (long[])[.. Before, .. new long[Rank]]));
            var full = b.Op("ConvTranspose", [windows, kernel], attributes.ToArray());
            var missing = b.Sub(Spatial(c, target), b.Shape(full, 2, Rank + 2)); // negative where windows reach into the padding
            return b.Pad(full, b.Concat(0, b.Constant(new long[Rank + 4]), missing));
        }

        long[] beyond = [.. After.Zip(Rest, (after, rest) => after - rest!.Value)];
        attributes.Add(("pads", (long[])[.. Before, .. beyond.Select(d => Math.Max(0, d))]));
        if (beyond.Any(d => d < 0))
        {
            attributes.Add(("output_padding", (long[])[.. beyond.Select(d => Math.Max(0, -d))]));
        }

        return b.Op("ConvTranspose", [windows, kernel], attributes.ToArray());
    }

    /// <summary>From elements to windows: the Conv with these windows.</summary>
    public Value Gather(GradientContext c, Value elements, Value kernel, long group)
    {
        List<(string, AttributeValue)> attributes = [.. Attributes(Strides, Dilations, group), ("pads", (long[])[.. Before, .. After])];
        var gathered = c.Build.Op("Conv", [elements, kernel], attributes.ToArray());
        return Cropped(c, gathered, Strides, c.X(0));
    }

    /// <summary>The kernel's gradient from the elements [N, g·C, size...] and the gradients of the windows [N, g·M, count...]: [g·M, C, kernel...].</summary>
    public Value KernelGradient(GradientContext c, Value elements, Value windows, Value kernel, long group)
    {
        // A Conv in which batch and channels have changed places and the windows' gradients are the kernel, so that strides and dilations change places too.
        var b = c.Build;
        long[] swap = [1, 0, .. Enumerable.Range(2, Rank)];
        var x = elements;
        if (group == 1)
        {
            x = b.Transpose(x, swap); // [C, N, size...]
        }
        else
        {
            var spatial = Spatial(c, elements);
            x = b.Reshape(x, b.Concat(0, b.Constant(0, group, -1), spatial)); // [N, g, C, size...]
            x = b.Transpose(x, [2, 1, 0, .. Enumerable.Range(3, Rank)]); // [C, g, N, size...]
            x = b.Reshape(x, b.Concat(0, b.Constant(0, -1), spatial)); // [C, g·N, size...]
        }

        List<(string, AttributeValue)> attributes = [.. Attributes(Dilations, Strides, group), ("pads", (long[])[.. Before, .. After])];
        var gradient = b.Op("Conv", [x, b.Transpose(windows, swap)], attributes.ToArray()); // [C, g·M, kernel...]
        return b.Transpose(Cropped(c, gradient, Dilations, kernel), swap);
    }

    /// <summary>The sizes of the spatial axes as an int64 vector.</summary>
    public static Value Spatial(GradientContext c, Value x)
    {
        var dims = x.Shape!.Dims[2..].ToArray();
        return Array.TrueForAll(dims, d => d.IsKnown) ? c.Build.Constant(Array.ConvertAll(dims, d => d.Value)) : c.Build.Shape(x, 2, x.Shape.Rank);
    }

    /// <summary>A rest of a whole step makes the Conv find more than the target has.</summary>
    private Value Cropped(GradientContext c, Value x, long[] steps, Value target)
    {
        if (Rest.Zip(steps).All(p => p.First is not null && p.First < p.Second))
        {
            return x;
        }

        var b = c.Build;
        return b.Slice(x, b.Constant(new long[Rank]), Spatial(c, target), b.Constant(Enumerable.Range(2, Rank).Select(i => (long)i).ToArray()));
    }

    private static (string, AttributeValue)[] Attributes(long[] strides, long[] dilations, long group) =>
        [("strides", strides), ("dilations", dilations), .. group == 1 ? [] : new (string, AttributeValue)[] { ("group", group) }];

    private static long[] List(GradientContext c, string name, int n, long fallback) => c.Node.Ints(name)?.ToArray() ?? [.. Enumerable.Repeat(fallback, n)];

    private static AutodiffException SizeWanted(GradientContext c, string what) =>
        new($"{c.Node.Describe()}: {what} the sizes of the spatial axes, which are unknown. Declare them at the graph inputs, or export with explicit pads.");
}
