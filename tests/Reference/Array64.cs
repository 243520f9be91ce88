using OnnxPipeline.Files;

namespace OnnxPipeline.Reference;

/// <summary>An array of the interpreter, row-major: every floating-point type as double, every integer type as long, or bool. Immutable by convention.</summary>
public sealed class Array64
{
    /// <param name="data">double[], long[] or bool[].</param>
    /// <param name="dims">None for a scalar.</param>
    public Array64(Array data, params ReadOnlySpan<int> dims)
    {
        Data = data;
        Dims = dims.ToArray();
        if (data is not (double[] or long[] or bool[]) || data.Length != Index.Count(Dims))
        {
            throw new ArgumentException($"{data.GetType().Name} of length {data.Length} is no array of shape [{string.Join(", ", Dims)}].");
        }
    }

    public Array Data { get; }

    public int[] Dims { get; }

    public int Rank => Dims.Length;

    public int Count => Data.Length;

    public double[] Doubles => Data as double[] ?? throw Wrong("double");

    public long[] Longs => Data as long[] ?? throw Wrong("long");

    public bool[] Bools => Data as bool[] ?? throw Wrong("bool");

    /// <summary>The elements as int: indices, axes, shapes.</summary>
    public int[] Ints => Array.ConvertAll(Longs, i => checked((int)i));

    public static Array64 Scalar(double value) => new(new[] { value });

    public static Array64 Scalar(long value) => new(new[] { value });

    public static Array64 Scalar(bool value) => new(new[] { value });

    /// <summary>A rank-1 array of integers.</summary>
    public static Array64 Vector(params ReadOnlySpan<long> values) => new(values.ToArray(), values.Length);

    public static Array64 From(Tensor tensor)
    {
        var dims = tensor.Dims.Select(d => checked((int)d)).ToArray();
        return new(
            tensor.Type switch
            {
                ElementType.Float => Array.ConvertAll(tensor.As<float>().ToArray(), v => (double)v),
                ElementType.Double => tensor.As<double>().ToArray(),
                ElementType.Float16 => Array.ConvertAll(tensor.As<Half>().ToArray(), v => (double)v),
                ElementType.Int64 => tensor.As<long>().ToArray(),
                ElementType.Int32 => Array.ConvertAll(tensor.As<int>().ToArray(), v => (long)v),
                ElementType.Int16 => Array.ConvertAll(tensor.As<short>().ToArray(), v => (long)v),
                ElementType.Int8 => Array.ConvertAll(tensor.As<sbyte>().ToArray(), v => (long)v),
                ElementType.UInt8 => Array.ConvertAll(tensor.As<byte>().ToArray(), v => (long)v),
                ElementType.UInt32 => Array.ConvertAll(tensor.As<uint>().ToArray(), v => (long)v),
                ElementType.Bool => tensor.As<bool>().ToArray(),
                _ => throw new NotSupportedException($"The interpreter has no arrays of {tensor.Type}."),
            },
            dims);
    }

    /// <summary>The same elements under other dimensions.</summary>
    public Array64 Reshaped(params ReadOnlySpan<int> dims) => new(Data, dims);

    /// <summary>This array repeated to <paramref name="dims"/> by ONNX's (numpy's) rule.</summary>
    public Array64 Expanded(int[] dims)
    {
        if (dims.AsSpan().SequenceEqual(Dims))
        {
            return this;
        }

        var strides = Index.Strides(Dims);
        var extra = dims.Length - Rank;
        return Pick(dims, at =>
        {
            var flat = 0;
            for (var i = 0; i < Rank; i++)
            {
                flat += Dims[i] == 1 ? 0 : at[i + extra] * strides[i];
            }

            return flat;
        });
    }

    /// <summary>An array of shape <paramref name="dims"/> whose element at an index is this array's element number <paramref name="source"/>(index).</summary>
    public Array64 Pick(int[] dims, Func<int[], int> source) => Take(Index.All(dims).Select(source).ToArray(), dims);

    /// <summary>An array of shape <paramref name="dims"/> of this array's elements of these numbers.</summary>
    public Array64 Take(int[] sources, params ReadOnlySpan<int> dims) => Data switch
    {
        double[] data => new(Array.ConvertAll(sources, i => data[i]), dims),
        long[] data => new(Array.ConvertAll(sources, i => data[i]), dims),
        _ => new(Array.ConvertAll(sources, i => Bools[i]), dims),
    };

    /// <summary>The elements as double, whatever they are.</summary>
    public double[] ToDoubles() => Data switch
    {
        double[] data => data,
        long[] data => Array.ConvertAll(data, v => (double)v),
        _ => Array.ConvertAll(Bools, v => v ? 1.0 : 0.0),
    };

    /// <summary>The elements as long, truncated towards zero.</summary>
    public long[] ToLongs() => Data switch
    {
        double[] data => Array.ConvertAll(data, v => (long)v),
        long[] data => data,
        _ => Array.ConvertAll(Bools, v => v ? 1L : 0L),
    };

    /// <summary>The elements as bool: whether they are not 0.</summary>
    public bool[] ToBools() => Data as bool[] ?? Array.ConvertAll(ToDoubles(), v => v != 0);

    public override string ToString() => $"{Data.GetType().GetElementType()!.Name} [{string.Join(", ", Dims)}]: {string.Join(", ", Data.Cast<object>().Take(20))}{(Count > 20 ? ", …" : "")}";

    private InvalidOperationException Wrong(string wanted) => new($"An array of {Data.GetType().GetElementType()!.Name} stands where one of {wanted} is wanted.");
}
