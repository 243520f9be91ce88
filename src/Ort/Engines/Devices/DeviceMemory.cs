using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary>The memory of the device that a session computes on. Bytes go there and back through a graph that copies, which every provider has.</summary>
internal sealed unsafe class DeviceMemory : IDisposable
{
    private const string CudaName = "Cuda";

    private readonly BoundSession _copy;
    private readonly OrtMemoryInfo? _gpu;
    private readonly OrtAllocator _allocator;
    private readonly nint _memory;

    public DeviceMemory(SessionSettings settings)
    {
        _copy = new BoundSession(CopyModel(), "the copy", settings);
        _gpu = settings.Device.Gpu is { } gpu ? new OrtMemoryInfo(CudaName, OrtAllocatorType.ArenaAllocator, gpu, OrtMemType.Default) : null;
        _allocator = _copy.Allocator(_gpu ?? OrtMemoryInfo.DefaultInstance);
        _memory = (_gpu ?? OrtMemoryInfo.DefaultInstance).DangerousGetHandle();
    }

    /// <summary>Zeroed memory.</summary>
    public DeviceBlock New(long bytes)
    {
        var block = new DeviceBlock(_allocator.DangerousGetHandle(), _memory, bytes);
        Clear(block);
        return block;
    }

    public void Clear(DeviceBlock block)
    {
        var zeros = new byte[Math.Min(block.Length, 1 << 24)];
        for (long at = 0; at < block.Length; at += zeros.Length)
        {
            Write(block, at, zeros.AsSpan(0, (int)Math.Min(zeros.Length, block.Length - at)));
        }
    }

    public void Write(DeviceBlock block, long offset, ReadOnlySpan<byte> value)
    {
        fixed (byte* start = value)
        {
            Copy(NativeApi.CreateTensor(start, value.Length, [value.Length], (int)ElementType.UInt8), block.Borrow(offset, value.Length, [value.Length], ElementType.UInt8), value.Length);
        }
    }

    public void Read(DeviceBlock block, long offset, Span<byte> target)
    {
        fixed (byte* start = target)
        {
            Copy(block.Borrow(offset, target.Length, [target.Length], ElementType.UInt8), NativeApi.CreateTensor(start, target.Length, [target.Length], (int)ElementType.UInt8), target.Length);
        }
    }

    public void Dispose()
    {
        _allocator.Dispose();
        _gpu?.Dispose();
        _copy.Dispose();
    }

    /// <summary>Copies and releases both views.</summary>
    private void Copy(nint source, nint target, long bytes)
    {
        if (bytes > 0)
        {
            _copy.BindInput(0, source, anew: true);
            _copy.BindOutput(0, target, anew: true);
            _copy.Run();
        }

        NativeApi.ReleaseTensor(source);
        NativeApi.ReleaseTensor(target);
    }

    private static byte[] CopyModel()
    {
        var build = new GraphBuilder(new Graph("copy"), BlockGraphs.Opset);
        var source = build.Input("source", ElementType.UInt8, ["n"]);
        build.Output(build.Identity(source), "target");
        return ModelFile.ToBytes(BlockGraphs.ModelOf(build));
    }
}
