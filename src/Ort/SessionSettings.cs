namespace OnnxPipeline.Ort;

/// <summary>How a session computes.</summary>
public sealed record SessionSettings
{
    /// <summary>Threads of one computation, at least 1 [the physical cores].</summary>
    public int Threads { get; init; } = PhysicalCores.Count;

    /// <summary>What computes [the CPU].</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Training engines: whether nodes that have a C# kernel run it; without, their function bodies are inlined [true]. A <see cref="Session"/> has no such kernels.</summary>
    public bool Kernels { get; init; } = true;

    /// <summary>A path that ONNX Runtime's profile of the runs starts with, for <see cref="KernelReport"/>; null: none is taken.</summary>
    public string? Profile { get; init; }
}
