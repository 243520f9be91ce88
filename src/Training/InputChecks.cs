using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Training;

/// <summary>
/// What an example must be beyond its shape: floats no NaN and no +∞ (−∞ is what additive attention masks are made of), integers in the graph's range.
/// Looks at many elements at once, because it looks at every batch.
/// </summary>
internal sealed class InputChecks
{
    private readonly string _path;
    private readonly IReadOnlyList<TensorSpec> _inputs;
    private readonly IReadOnlyList<long[]> _dims;
    private readonly IndexRange[][] _ranges;

    /// <param name="path">The file, for messages.</param>
    /// <param name="dims">The shape of one example in each input.</param>
    public InputChecks(string path, IReadOnlyList<TensorSpec> inputs, IReadOnlyList<long[]> dims, IReadOnlyList<IndexRange> ranges)
    {
        (_path, _inputs, _dims) = (path, inputs, dims);
        _ranges = [.. inputs.Select(input => ranges.Where(range => range.Input == input.Name).ToArray())];
    }

    /// <exception cref="FileFormatException">An element will not do; the message has file, input, example and position, what it holds and what was wanted.</exception>
    public void Require(int input, long example, ReadOnlySpan<byte> elements)
    {
        switch (_inputs[input].Type)
        {
            case ElementType.Float:
                RequireNumbers(input, example, FirstNone(MemoryMarshal.Cast<byte, uint>(elements), 0x7F80_0000u, 0xFF80_0000u), elements);
                break;
            case ElementType.Double:
                RequireNumbers(input, example, FirstNone(MemoryMarshal.Cast<byte, ulong>(elements), 0x7FF0_0000_0000_0000ul, 0xFFF0_0000_0000_0000ul), elements);
                break;
            case ElementType.Float16:
                RequireNumbers(input, example, FirstNone(MemoryMarshal.Cast<byte, ushort>(elements), (ushort)0x7C00, (ushort)0xFC00), elements);
                break;
            case ElementType.BFloat16:
                RequireNumbers(input, example, FirstNone(MemoryMarshal.Cast<byte, ushort>(elements), (ushort)0x7F80, (ushort)0xFF80), elements);
                break;
            case ElementType.Int64:
                RequireInRange(input, example, MemoryMarshal.Cast<byte, long>(elements));
                break;
            case ElementType.Int32:
                RequireInRange(input, example, MemoryMarshal.Cast<byte, int>(elements));
                break;
        }
    }

    private void RequireNumbers(int input, long example, int at, ReadOnlySpan<byte> elements)
    {
        if (at < 0)
        {
            return;
        }

        var found = _inputs[input].Type switch
        {
            ElementType.Float => MemoryMarshal.Cast<byte, float>(elements)[at],
            ElementType.Double => MemoryMarshal.Cast<byte, double>(elements)[at],
            ElementType.Float16 => (double)MemoryMarshal.Cast<byte, Half>(elements)[at],
            _ => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Cast<byte, ushort>(elements)[at] << 16),
        };
        throw new FileFormatException($"{Place(input, example, at)} holds {found.ToString(CultureInfo.InvariantCulture)}; a number, or -Infinity (in a mask), was wanted.");
    }

    private void RequireInRange<T>(int input, long example, ReadOnlySpan<T> elements) where T : unmanaged, IBinaryInteger<T>
    {
        foreach (var range in _ranges[input])
        {
            var least = T.CreateSaturating(range.Least);
            var at = FirstOutside(elements, least, T.CreateSaturating(range.Greatest), range.Ignored is { } ignored ? T.CreateSaturating(ignored) : least);
            if (at >= 0)
            {
                throw new FileFormatException($"{Place(input, example, at)} holds {elements[at]}; {range.Least} to {range.Greatest} were wanted" +
                    $"{(range.Ignored is { } other ? $" (or {other}, which does not count)" : "")}: {range.Reason}.");
            }
        }
    }

    /// <summary>The first element that is NaN or +∞, which like −∞ have all bits of the exponent; −1 where none is.</summary>
    private static int FirstNone<T>(ReadOnlySpan<T> bits, T exponent, T negativeInfinity) where T : unmanaged, IBinaryInteger<T>
    {
        var (exponents, masks) = (new Vector<T>(exponent), new Vector<T>(negativeInfinity));
        var i = 0;
        for (; i <= bits.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var v = new Vector<T>(bits[i..]);
            if (Vector.AndNot(Vector.Equals(v & exponents, exponents), Vector.Equals(v, masks)) != Vector<T>.Zero)
            {
                break;
            }
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & exponent) == exponent && bits[i] != negativeInfinity)
            {
                return i;
            }
        }

        return -1;
    }

    private static int FirstOutside<T>(ReadOnlySpan<T> values, T least, T greatest, T ignored) where T : unmanaged, IBinaryInteger<T>
    {
        var (low, high, also) = (new Vector<T>(least), new Vector<T>(greatest), new Vector<T>(ignored));
        var i = 0;
        for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var v = new Vector<T>(values[i..]);
            if (Vector.AndNot(Vector.LessThan(v, low) | Vector.GreaterThan(v, high), Vector.Equals(v, also)) != Vector<T>.Zero)
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if ((values[i] < least || values[i] > greatest) && values[i] != ignored)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Counts from 0, as the arrays that the file was made of do.</summary>
    private string Place(int input, long example, int at)
    {
        var dims = _dims[input];
        var position = new long[dims.Length];
        long rest = at;
        for (var axis = dims.Length - 1; axis >= 0; axis--)
        {
            (rest, position[axis]) = Math.DivRem(rest, dims[axis]);
        }

        var shown = dims[0] == 1 ? position.AsSpan(1) : position; // the first axis is the example itself
        return $"{_path}: '{_inputs[input].Name}', example {example}{(shown.IsEmpty ? "" : $", position {Tensor.Describe(shown)}")} (counted from 0)";
    }
}
