using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph;

/// <summary>Microsoft's gradients of convolutions and maximum pools in standard operators. Sizes are taken at run time: its tool leaves them symbolic.</summary>
internal static class MicrosoftConvolutions
{
    // dX = W ∗ᵀ dY, dW = X ∗ dY with batch and channels swapped, dB = Σ dY
    /// <returns>As many as the node has outputs; null for one that nobody reads.</returns>
    /// <exception cref="OrtException">auto_pad, which Microsoft's kernel does not take into account, or a kernel of unknown rank.</exception>
    public static IReadOnlyList<Value?> ConvGrad(Node node, GraphBuilder b)
    {
        var (dY, x, w) = (node.Inputs[0]!, node.Inputs[1]!, node.Inputs[2]!);
        var windows = Windows.Of(node, w);
        return
        [
            .. node.Outputs.Select((output, i) => output.Uses.Count == 0 && !b.Graph.Outputs.Contains(output) ? null : i switch
            {
                0 => windows.Spread(b, dY, w, x),
                1 => windows.KernelGradient(b, x, dY, w),
                _ => b.ReduceSum(dY, [0, .. Enumerable.Range(2, windows.Rank)], keepDims: false),
            }),
        ];
    }

    // dY added up where the pool's second output says that it came from
    /// <exception cref="OrtException">The places are not the second output of a MaxPool.</exception>
    public static Value MaxPoolGrad(Node node, GraphBuilder b)
    {
        var (dY, places) = (node.Inputs[0]!, node.Inputs[1]!);
        if (places.Producer is not { OpType: "MaxPool" } pool || pool.Int("storage_order", 0) != 0)
        {
            throw new OrtException($"{node.Describe()} takes places from {places}; the second output of a MaxPool with storage_order 0 was wanted.");
        }

        var shape = b.Shape(pool.Inputs[0]!);
        var zeros = b.Expand(b.ConstantLike(dY, 0), b.Unsqueeze(b.Op("ReduceProd", [shape], [("keepdims", 0)]), 0));
        return b.Reshape(b.ScatterElements(zeros, b.Reshape(places, -1), b.Reshape(dY, -1), 0, "add"), shape);
    }

    /// <summary>How the windows of a Conv lie over the spatial axes of its input.</summary>
    private sealed record Windows(long[] Strides, long[] Dilations, long[] Before, long[] After, long Group)
    {
        public int Rank => Strides.Length;

        public static Windows Of(Node node, Value w)
        {
            if (node.Text("auto_pad", "NOTSET") is not ("NOTSET" or "VALID") || w.Shape is not { Rank: > 2 } shape)
            {
                throw new OrtException($"{node.Describe()} has auto_pad {node.Text("auto_pad", "NOTSET")} and the kernel {w}; explicit pads and a kernel of known rank were wanted. Make artifacts of the forward model anew with 'onnxpipe artifacts'.");
            }

            var n = shape.Rank - 2;
            long[] List(string name, int count, long fallback) => node.Ints(name)?.ToArray() ?? [.. Enumerable.Repeat(fallback, count)];
            var pads = node.Text("auto_pad", "NOTSET") == "VALID" ? new long[2 * n] : List("pads", 2 * n, 0);
            return new(List("strides", n, 1), List("dilations", n, 1), pads[..n], pads[n..], node.Int("group", 1));
        }

        /// <summary>The values of the windows times the kernel, added up over the elements of <paramref name="target"/>.</summary>
        public Value Spread(GraphBuilder b, Value values, Value kernel, Value target)
        {
            var full = b.Op("ConvTranspose", [values, kernel], [.. Attributes(Strides, Dilations), ("pads", (long[])[.. Before, .. new long[Rank]])]);
            var missing = b.Sub(b.Shape(target, 2, Rank + 2), b.Shape(full, 2, Rank + 2)); // negative where windows reach into the padding
            return b.Pad(full, b.Concat(0, b.Constant(new long[Rank + 4]), missing));
        }

        /// <summary>[g·M, C, kernel...] from the elements [N, g·C, size...] and the gradients of the windows [N, g·M, count...].</summary>
        public Value KernelGradient(GraphBuilder b, Value elements, Value values, Value kernel)
        {
            // A Conv in which batch and channels have changed places and the windows' gradients are the kernel, so that strides and dilations change places too.
            long[] swap = [1, 0, .. Enumerable.Range(2, Rank)];
            var x = elements;
            if (Group == 1)
            {
                x = b.Transpose(x, swap); // [C, N, size...]
            }
            else
            {
                var spatial = b.Shape(elements, 2, Rank + 2);
                x = b.Reshape(x, b.Concat(0, b.Constant(0, Group, -1), spatial)); // [N, g, C, size...]
                x = b.Transpose(x, [2, 1, 0, .. Enumerable.Range(3, Rank)]); // [C, g, N, size...]
                x = b.Reshape(x, b.Concat(0, b.Constant(0, -1), spatial)); // [C, g·N, size...]
            }

            var gradient = b.Op("Conv", [x, b.Transpose(values, swap)], [.. Attributes(Dilations, Strides), ("pads", (long[])[.. Before, .. After])]); // [C, g·M, kernel... or more]
            var axes = b.Constant(Enumerable.Range(2, Rank).Select(i => (long)i).ToArray());
            return b.Transpose(b.Slice(gradient, b.Constant(new long[Rank]), b.Shape(kernel, 2, Rank + 2), axes), swap);
        }

        private (string, AttributeValue)[] Attributes(long[] strides, long[] dilations) => [("strides", strides), ("dilations", dilations), ("group", Group)];
    }
}
