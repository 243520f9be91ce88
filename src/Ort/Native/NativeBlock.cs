using System.Runtime.InteropServices;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Native;

/// <summary>Zeroed memory outside the managed heap, aligned for the widest vectors.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    /// <summary>In bytes: a cache line, and a vector of 512 bits.</summary>
    public const int Alignment = 64;

    private byte* _start;

    /// <param name="bytes">At least 0.</param>
    public NativeBlock(long bytes)
    {
        Length = bytes;
        var size = (nuint)Math.Max(bytes, Alignment); // an address also for nothing
        _start = (byte*)NativeMemory.AlignedAlloc(size, Alignment);
        NativeMemory.Clear(_start, size);
    }

    ~NativeBlock() => Free();

    public long Length { get; }

    public byte* Start => _start;

    /// <summary>The bytes from <paramref name="offset"/> on; the memory keeps this block alive.</summary>
    public Memory<byte> Memory(long offset, long length) => new PointerMemory(_start + offset, checked((int)length), this).Memory;

    /// <summary>The numbers from element <paramref name="offset"/> on.</summary>
    public Span<float> Floats(long offset, int length) => new((float*)_start + offset, length);

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    public static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
