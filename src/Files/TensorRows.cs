namespace OnnxPipeline.Files;

/// <summary>
/// A tensor that is read some rows at a time; a row is what one index of the first axis gives. Of a safetensors file the tensor may be larger
/// than the 2 GiB that <see cref="Tensor"/> ends at.
/// </summary>
public sealed class TensorRows
{
    private readonly MappedFile? _file;
    private readonly long _offset;
    private readonly ReadOnlyMemory<byte> _bytes;

    internal TensorRows(TensorInfo info, MappedFile file, long offset)
        : this(info) => (_file, _offset) = (file, offset);

    internal TensorRows(string name, Tensor tensor)
        : this(new TensorInfo(name, tensor.Type, tensor.Dims)) => _bytes = tensor.Bytes;

    private TensorRows(TensorInfo info)
    {
        if (info.Dims.Count == 0)
        {
            throw new FileFormatException($"'{info.Name}' is a scalar; it has no rows.");
        }

        Info = info;
        RowBytes = info.Type.ByteCount(info.Dims.Skip(1).Aggregate(1L, (count, dim) => count * dim));
    }

    public TensorInfo Info { get; }

    /// <summary>The bytes of one row.</summary>
    public long RowBytes { get; }

    /// <summary>The elements of <paramref name="count"/> rows, without a copy.</summary>
    /// <exception cref="FileFormatException">There are not so many rows, or they have more than 2 GiB.</exception>
    public ReadOnlySpan<byte> Span(long first, long count)
    {
        if (first < 0 || count < 0 || first > Info.Dims[0] - count)
        {
            throw new FileFormatException($"'{Info.Name}' has {Info.Dims[0]} rows; {count} from row {first} on were wanted.");
        }

        return _file is null
            ? _bytes.Span.Slice((int)(first * RowBytes), (int)(count * RowBytes))
            : _file.Span(_offset + first * RowBytes, count * RowBytes);
    }
}
