using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>Where arrays lie in one block: one after the other, each aligned; what lies between stays zero.</summary>
internal sealed class BlockLayout
{
    private readonly long[] _offsets;
    private readonly long[] _lengths;

    /// <param name="lengths">In bytes.</param>
    public BlockLayout(IEnumerable<long> lengths)
    {
        _lengths = [.. lengths];
        _offsets = new long[_lengths.Length];
        for (var i = 0; i < _lengths.Length; i++)
        {
            _offsets[i] = Length;
            Length += NativeBlock.Align(_lengths[i]);
        }
    }

    /// <summary>Of the whole block in bytes.</summary>
    public long Length { get; }

    public int Count => _lengths.Length;

    public long Offset(int array) => _offsets[array];

    public Memory<byte> Of(NativeBlock block, int array) => block.Memory(_offsets[array], _lengths[array]);

    public unsafe Span<byte> Span(NativeBlock block, int array) => new(block.Start + _offsets[array], checked((int)_lengths[array]));
}
