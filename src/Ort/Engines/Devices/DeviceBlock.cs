using OnnxPipeline.Files;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary>Memory of a device, as one ONNX Runtime tensor and as many views of its parts; the address means nothing to this process.</summary>
internal sealed unsafe class DeviceBlock : IDisposable
{
    private readonly nint _tensor;
    private readonly nint _memory;
    private readonly byte* _start;
    private readonly List<nint> _views = [];

    /// <param name="allocator">Of the device; outlives the block.</param>
    /// <param name="memory">The same place as memory information of ONNX Runtime; outlives the block.</param>
    public DeviceBlock(nint allocator, nint memory, long bytes)
    {
        (_memory, Length) = (memory, bytes);
        _tensor = NativeApi.AllocateTensor(allocator, [Math.Max(bytes, 1)], (int)ElementType.UInt8); // an address also for nothing
        NativeApi.Check(NativeApi.Data(_tensor, out var start));
        _start = (byte*)start;
    }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    /// <summary>A view that lives as long as the block.</summary>
    public nint View(long offset, long bytes, ReadOnlySpan<long> dims, ElementType type)
    {
        _views.Add(Borrow(offset, bytes, dims, type));
        return _views[^1];
    }

    /// <summary>A view that the caller releases.</summary>
    public nint Borrow(long offset, long bytes, ReadOnlySpan<long> dims, ElementType type) => NativeApi.CreateTensor(_start + offset, bytes, dims, (int)type, _memory);

    public void Dispose()
    {
        _views.ForEach(NativeApi.ReleaseTensor);
        NativeApi.ReleaseTensor(_tensor);
    }
}
