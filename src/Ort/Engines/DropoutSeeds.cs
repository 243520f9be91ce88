using OnnxPipeline.Files;
using OnnxPipeline.Ort.Native;
using OnnxPipeline.Ort.StepGraph;

namespace OnnxPipeline.Ort.Engines;

/// <summary>The inputs of a step graph that its dropouts take their masks from: one seed a node, and the step.</summary>
internal sealed unsafe class DropoutSeeds : IDisposable
{
    private const long Prime = int.MaxValue; // seeds equal modulo it give the same mask

    private readonly IReadOnlyList<string> _names;
    private readonly NativeBlock _memory;
    private readonly nint[] _tensors;

    public DropoutSeeds(BoundSession session, IReadOnlyList<string> names)
    {
        _names = names;
        _memory = new NativeBlock((names.Count + 1) * sizeof(long));
        _tensors = [.. names.Append(DropoutStreams.StepName).Select((_, i) => NativeApi.CreateTensor(_memory.Start + (i * sizeof(long)), sizeof(long), [], (int)ElementType.Int64))];
        for (var i = 0; i < _tensors.Length && names.Count > 0; i++)
        {
            session.BindInput(session.InputIndex(i < names.Count ? names[i] : DropoutStreams.StepName), _tensors[i]);
        }
    }

    public bool Has(string input) => input == DropoutStreams.StepName || _names.Contains(input);

    /// <summary>Distinct seeds for all nodes, from one.</summary>
    public void Set(long seed, long step)
    {
        var values = (long*)_memory.Start;
        var first = (long)(Mix((ulong)seed) % Prime);
        for (var i = 0; i < _names.Count; i++)
        {
            values[i] = (first + (i * 1_000_003L)) % Prime;
        }

        values[_names.Count] = step;
    }

    public void Dispose()
    {
        Array.ForEach(_tensors, NativeApi.ReleaseTensor);
        _memory.Dispose();
    }

    // The finalizer of SplitMix64: neighbouring seeds become far ones.
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
