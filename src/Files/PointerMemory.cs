using System.Buffers;

namespace OnnxPipeline.Files;

/// <summary>
/// Unmanaged bytes as <see cref="Memory{T}"/>: a mapped file, a native block of parameters. <paramref name="owner"/> is kept reachable as
/// long as the memory is; whoever frees the bytes must know that nobody reads them any more, because a span does not hold its owner.
/// </summary>
public sealed unsafe class PointerMemory(byte* pointer, int length, object owner) : MemoryManager<byte>
{
    /// <summary>What the bytes belong to.</summary>
    public object Owner { get; } = owner;

    public override Span<byte> GetSpan() => new(pointer, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(pointer + elementIndex, default, this);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
