namespace OnnxPipeline.Ir.Passes.Lowerings;

/// <summary>
/// Forms of an operator that ONNX Runtime 1.19, the last one with training, refuses or computes otherwise than ONNX and newer runtimes do, in forms that
/// all of them compute alike. Other forms stay as they are.
/// </summary>
internal static class RuntimeForms
{
    /// <summary>A reduction over no axes (<c>noop_with_empty_axes</c>) as what it does to each element.</summary>
    public static void Reduction(Node node, GraphBuilder b)
    {
        if (node.Int("noop_with_empty_axes", 0) == 0 || (node.Input(1) is { } axes && axes.ConstantData is not { Count: 0 }))
        {
            return;
        }

        var x = node.Inputs[0]!;
        NewerOperators.Replace(node, node.OpType switch
        {
            "ReduceL1" or "ReduceL2" => b.Abs(x),
            "ReduceLogSum" => b.Log(x),
            "ReduceSumSquare" => b.Mul(x, x),
            _ => b.Identity(x),
        });
    }

    /// <summary>A scalar is repeated along no axis.</summary>
    public static void Tile(Node node, GraphBuilder b)
    {
        if (node.Inputs[0]!.Shape is { Rank: 0 })
        {
            NewerOperators.Replace(node, b.Identity(node.Inputs[0]!));
        }
    }

    /// <summary>An Einsum of one operand that sums over letters, none twice in its term, as ReduceSum and Transpose.</summary>
    public static void Einsum(Node node, GraphBuilder b)
    {
        var equation = node.Text("equation", "").Replace(" ", "").Split("->");
        if (node.Inputs.Count != 1 || equation is not [var term, var result] || !term.All(char.IsLetter) || term.Distinct().Count() != term.Length
            || result.Length == term.Length || !result.All(letter => term.Contains(letter)) || result.Distinct().Count() != result.Length)
        {
            return;
        }

        var kept = string.Concat(term.Where(letter => result.Contains(letter)));
        var sum = b.ReduceSum(node.Inputs[0]!, [.. Enumerable.Range(0, term.Length).Where(i => !kept.Contains(term[i])).Select(i => (long)i)], keepDims: false);
        NewerOperators.Replace(node, kept == result ? sum : b.Transpose(sum, [.. result.Select(letter => (long)kept.IndexOf(letter))]));
    }

    /// <summary>
    /// A pool that rounds its number of windows up (<c>ceil_mode</c>). The runtimes differ in whether a window may begin in the padding behind the data,
    /// so where the sizes are known there is padding for as many windows as ONNX has instead; and in what an average that counts its padding
    /// (<c>count_include_pad</c>) makes of a window that reaches beyond it, so without padding it counts none. With padding it stays as it is.
    /// </summary>
    public static void Pool(Node node, GraphBuilder b)
    {
        if (node.Int("ceil_mode", 0) == 0 || node.Text("auto_pad", "NOTSET").StartsWith("SAME", StringComparison.Ordinal) || node.Ints("kernel_shape") is not { } kernel)
        {
            return;
        }

        var n = kernel.Count;
        long[] pads = node.Text("auto_pad", "NOTSET") == "NOTSET" && node.Ints("pads") is { } given ? [.. given] : new long[2 * n];
        if (node.Int("count_include_pad", 0) != 0 && pads.Any(pad => pad != 0))
        {
            return;
        }

        node.Attributes.Remove("count_include_pad");
        node.Attributes.Remove("auto_pad");
        node.Attributes["pads"] = pads;
        if (node.Inputs[0]!.Shape is not { } shape || shape.Rank != n + 2 || shape.Skip(2).Any(dim => !dim.IsKnown))
        {
            return;
        }

        long[] missing = [.. Missing(node, kernel, pads, [.. shape.Skip(2).Select(dim => dim.Value)])];
        if (kernel.Where((size, i) => pads[n + i] + missing[i] >= size).Any())
        {
            return; // ONNX Runtime takes no such pads
        }

        node.Attributes["pads"] = (long[])[.. pads.Select((pad, i) => i < n ? pad : pad + missing[i - n])];
        node.Attributes.Remove("ceil_mode");
    }

    /// <summary>How much padding is missing behind each axis for as many windows to fit as there are when their number is rounded up, none of them beginning in padding.</summary>
    private static IEnumerable<long> Missing(Node node, IReadOnlyList<long> kernel, long[] pads, long[] sizes)
    {
        for (var i = 0; i < sizes.Length; i++)
        {
            var (stride, window) = (node.Ints("strides")?[i] ?? 1, ((kernel[i] - 1) * (node.Ints("dilations")?[i] ?? 1)) + 1);
            var room = sizes[i] + pads[i] + pads[sizes.Length + i] - window;
            var over = room % stride;
            yield return over > 0 && (room / stride + 1) * stride < sizes[i] + pads[i] ? stride - over : 0;
        }
    }
}
