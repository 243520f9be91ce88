using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>
/// An immutable tensor: element type, dimensions, and its elements row-major and little-endian. The bytes may lie in a memory-mapped
/// file, which then stays open as long as the tensor lives.
/// </summary>
public sealed class Tensor
{
    /// <param name="type">Any type with a fixed width.</param>
    /// <param name="dims">None for a scalar; each at least 0.</param>
    /// <param name="bytes">Exactly the bytes that <paramref name="dims"/> and <paramref name="type"/> ask for.</param>
    /// <exception cref="FileFormatException">The length of <paramref name="bytes"/> does not fit.</exception>
    public Tensor(ElementType type, ReadOnlySpan<long> dims, ReadOnlyMemory<byte> bytes)
    {
        Type = type;
        Dims = dims.ToArray();
        Count = CountOf(dims);
        Bytes = bytes;
        if (type.Bits() == 0 || bytes.Length != type.ByteCount(Count))
        {
            throw new FileFormatException($"A tensor of type {type} and shape {Describe(dims)} takes {type.ByteCount(Count)} bytes, found {bytes.Length}.");
        }
    }

    /// <summary>A tensor of strings, each as its UTF-8 (or arbitrary) bytes.</summary>
    public Tensor(IReadOnlyList<ReadOnlyMemory<byte>> strings, ReadOnlySpan<long> dims)
    {
        Type = ElementType.String;
        Dims = dims.ToArray();
        Count = CountOf(dims);
        Strings = strings;
        if (strings.Count != Count)
        {
            throw new FileFormatException($"A string tensor of shape {Describe(dims)} has {Count} elements, found {strings.Count}.");
        }
    }

    public ElementType Type { get; }

    public IReadOnlyList<long> Dims { get; }

    public int Rank => Dims.Count;

    /// <summary>Number of elements; 1 for a scalar.</summary>
    public long Count { get; }

    /// <summary>The elements; empty for strings.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The elements of a string tensor; null for every other type.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? Strings { get; }

    /// <summary>Copies <paramref name="values"/> into a tensor of shape <paramref name="dims"/>.</summary>
    public static Tensor From<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> dims) where T : unmanaged =>
        new(ElementTypes.Of<T>(), dims, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A rank-0 tensor.</summary>
    public static Tensor Scalar<T>(T value) where T : unmanaged => From<T>([value], []);

    /// <summary>A rank-1 tensor.</summary>
    public static Tensor Vector<T>(params ReadOnlySpan<T> values) where T : unmanaged => From(values, values.Length);

    /// <summary>The elements as <typeparamref name="T"/>, without a copy.</summary>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is not this tensor's element type.</exception>
    public ReadOnlySpan<T> As<T>() where T : unmanaged =>
        ElementTypes.Of<T>() == Type
            ? MemoryMarshal.Cast<byte, T>(Bytes.Span)
            : throw new ArgumentException($"This tensor holds {Type}, not {ElementTypes.Of<T>()}.");

    /// <summary>The shape as messages write it: <c>[2, 3]</c>, <c>[]</c> for a scalar.</summary>
    public static string Describe(ReadOnlySpan<long> dims) => $"[{string.Join(", ", dims.ToArray())}]";

    public override string ToString() => $"{Type} {Describe(Dims.ToArray())}";

    private static long CountOf(ReadOnlySpan<long> dims)
    {
        long count = 1;
        foreach (var dim in dims)
        {
            if (dim < 0)
            {
                throw new FileFormatException($"A tensor has the dimension {dim}; dimensions are at least 0.");
            }

            count = checked(count * dim);
        }

        return count;
    }
}
