using OnnxPipeline.Ort;

namespace OnnxPipeline.Serving;

/// <summary>How a repository computes and how much it takes on.</summary>
public sealed record ServingOptions
{
    /// <summary>Calls admitted at once, waiting ones included; one more is refused as overloaded. At least 1 [512].</summary>
    public int MaxInFlight { get; init; } = 512;

    /// <summary>Calls computed at once; the others wait in the order of their coming. At least 1 [the processors of this process].</summary>
    public int MaxRunning { get; init; } = Environment.ProcessorCount;

    /// <summary>Threads of one computation. Null: as a session has by default, the physical cores.</summary>
    public int? Threads { get; init; }

    /// <summary>What computes.</summary>
    public Device Device { get; init; } = Device.Cpu;
}
