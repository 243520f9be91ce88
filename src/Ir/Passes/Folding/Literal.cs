using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Inference;

namespace OnnxPipeline.Ir.Passes.Folding;

/// <summary>A known tensor, row-major: integers and bools (0 and 1) as long, floating point as double.</summary>
internal sealed class Literal
{
    public Literal(ElementType element, long[] dims, long[] wholes) => (Element, Dims, Wholes, Reals) = (element, dims, wholes, []);

    public Literal(ElementType element, long[] dims, double[] reals) => (Element, Dims, Wholes, Reals) = (element, dims, [], reals);

    public ElementType Element { get; }

    public long[] Dims { get; }

    /// <summary>Empty for floating point.</summary>
    public long[] Wholes { get; }

    /// <summary>Empty for integers and bools.</summary>
    public double[] Reals { get; }

    public bool IsReal => Element.IsFloat();

    public int Count => IsReal ? Reals.Length : Wholes.Length;

    /// <summary>Null for types that folding does not handle.</summary>
    public static Literal? From(Tensor tensor) => tensor.Type switch
    {
        ElementType.Float => new(tensor.Type, [.. tensor.Dims], Array.ConvertAll(tensor.As<float>().ToArray(), v => (double)v)),
        ElementType.Double => new(tensor.Type, [.. tensor.Dims], tensor.As<double>().ToArray()),
        ElementType.Int64 or ElementType.Int32 or ElementType.Bool => new(tensor.Type, [.. tensor.Dims], Numbers.Integers(tensor)!),
        _ => null,
    };

    /// <summary>Null for types that folding does not handle. Numbers that do not fit the type wrap around or are rounded, as a run does it.</summary>
    public Tensor? ToTensor() => Element switch
    {
        ElementType.Float => Tensor.From<float>(Array.ConvertAll(Reals, v => (float)v), Dims),
        ElementType.Double => Tensor.From<double>(Reals, Dims),
        ElementType.Int64 => Tensor.From<long>(Wholes, Dims),
        ElementType.Int32 => Tensor.From<int>(Array.ConvertAll(Wholes, v => unchecked((int)v)), Dims),
        ElementType.Bool => new(ElementType.Bool, Dims, MemoryMarshal.AsBytes(Array.ConvertAll(Wholes, v => v != 0).AsSpan()).ToArray()),
        _ => null,
    };

    /// <summary>A tensor of shape <paramref name="dims"/> of this one's elements of these numbers.</summary>
    public Literal Take(long[] dims, int[] places) => IsReal
        ? new(Element, dims, Array.ConvertAll(places, i => Reals[i]))
        : new(Element, dims, Array.ConvertAll(places, i => Wholes[i]));

    /// <summary>The same elements under other dimensions.</summary>
    public Literal Reshaped(long[] dims) => IsReal ? new(Element, dims, Reals) : new(Element, dims, Wholes);

    /// <summary>Repeated to <paramref name="dims"/> by ONNX's rule.</summary>
    public Literal Expanded(long[] dims)
    {
        var strides = Strides(Dims);
        var extra = dims.Length - Dims.Length;
        return Take(dims, [.. Indices(dims).Select(at =>
        {
            long flat = 0;
            for (var i = 0; i < Dims.Length; i++)
            {
                flat += Dims[i] == 1 ? 0 : at[i + extra] * strides[i];
            }

            return (int)flat;
        })]);
    }

    public static long[] Strides(long[] dims)
    {
        var strides = new long[dims.Length];
        long stride = 1;
        for (var i = dims.Length - 1; i >= 0; i--)
        {
            (strides[i], stride) = (stride, stride * dims[i]);
        }

        return strides;
    }

    /// <summary>Every index of that shape in order; the same array each time.</summary>
    public static IEnumerable<long[]> Indices(long[] dims)
    {
        var index = new long[dims.Length];
        for (var left = dims.Aggregate(1L, (n, d) => n * d); left > 0; left--)
        {
            yield return index;
            for (var i = dims.Length - 1; i >= 0 && ++index[i] == dims[i]; i--)
            {
                index[i] = 0;
            }
        }
    }
}
