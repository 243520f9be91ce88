using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OnnxPipeline.Client;

/// <summary>
/// A named tensor in the protocol's raw form: elements row-major and little-endian; those of BYTES each as their length (4 bytes) and their bytes.
/// </summary>
/// <param name="Name">The name of an input or output of the model.</param>
/// <param name="Datatype">As the protocol calls it: <c>FP32</c>, <c>INT64</c>, … FP16 is <see cref="Half"/>; BF16 has no .NET type: its bytes are the upper two of a float.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Raw">The elements; not copied, and not to be changed before the call has ended.</param>
public sealed record ModelTensor(string Name, string Datatype, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Raw)
{
    /// <summary>Copies <paramref name="values"/> into a tensor.</summary>
    /// <exception cref="ArgumentException">No datatype has this type, or <paramref name="shape"/> does not ask for as many elements.</exception>
    public static ModelTensor From<T>(string name, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        CheckCount(name, values.Length, shape);
        return new(name, DatatypeOf<T>(), shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray());
    }

    /// <summary>A BYTES tensor of texts, in UTF-8.</summary>
    /// <exception cref="ArgumentException"><paramref name="shape"/> does not ask for as many elements.</exception>
    public static ModelTensor FromTexts(string name, IReadOnlyList<string> texts, params ReadOnlySpan<long> shape)
    {
        CheckCount(name, texts.Count, shape);
        using var raw = new MemoryStream();
        Span<byte> prefix = stackalloc byte[sizeof(uint)];
        foreach (var text in texts.Select(Encoding.UTF8.GetBytes))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(prefix, (uint)text.Length);
            raw.Write(prefix);
            raw.Write(text);
        }

        return new(name, "BYTES", shape.ToArray(), raw.ToArray());
    }

    /// <summary>The elements as <typeparamref name="T"/>, without a copy.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not this tensor's datatype.</exception>
    public ReadOnlySpan<T> As<T>() where T : unmanaged => DatatypeOf<T>() == Datatype
        ? MemoryMarshal.Cast<byte, T>(Raw.Span)
        : throw new InvalidOperationException($"Tensor '{Name}' holds {Datatype}, not {DatatypeOf<T>()}.");

    /// <summary>The elements of a BYTES tensor as UTF-8 texts.</summary>
    /// <exception cref="InvalidOperationException">The datatype is another one.</exception>
    /// <exception cref="InvalidDataException">A length leads beyond the end.</exception>
    public IReadOnlyList<string> Texts()
    {
        if (Datatype != "BYTES")
        {
            throw new InvalidOperationException($"Tensor '{Name}' holds {Datatype}, not BYTES.");
        }

        var texts = new List<string>();
        for (var rest = Raw.Span; rest.Length > 0;)
        {
            if (rest.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(rest) is var length && length > rest.Length - sizeof(uint))
            {
                throw new InvalidDataException($"Tensor '{Name}': the length of element {texts.Count} leads beyond the end of its {Raw.Length} bytes.");
            }

            texts.Add(Encoding.UTF8.GetString(rest.Slice(sizeof(uint), (int)length)));
            rest = rest[(sizeof(uint) + (int)length)..];
        }

        return texts;
    }

    public override string ToString() => $"{Name}: {Datatype} [{string.Join(", ", Shape)}]";

    private static void CheckCount(string name, int count, ReadOnlySpan<long> shape)
    {
        var wanted = 1L;
        foreach (var dim in shape)
        {
            wanted *= dim;
        }

        if (count != wanted)
        {
            throw new ArgumentException($"Tensor '{name}': got {count} elements, wanted {wanted} for the shape [{string.Join(", ", shape.ToArray())}].");
        }
    }

    private static string DatatypeOf<T>() where T : unmanaged => default(T) switch
    {
        bool => "BOOL",
        sbyte => "INT8",
        short => "INT16",
        int => "INT32",
        long => "INT64",
        byte => "UINT8",
        ushort => "UINT16",
        uint => "UINT32",
        ulong => "UINT64",
        Half => "FP16",
        float => "FP32",
        double => "FP64",
        _ => throw new ArgumentException($"The protocol has no datatype for {typeof(T)}."),
    };
}
