using OnnxPipeline.Files;
using OnnxPipeline.Ort.Native;
using OnnxPipeline.Ort.StepGraph;

namespace OnnxPipeline.Ort.Engines;

/// <summary>The inputs of a step graph that its dropouts take their masks from: one seed a node, and the step.</summary>
internal sealed unsafe class DropoutSeeds : IDisposable
{
    private const long Prime = int.MaxValue; // seeds equal modulo it give the same mask

    private readonly BoundSession _session;
    private readonly IReadOnlyList<string> _names;
    private readonly NativeBlock _memory;
    private readonly nint[] _tensors;
    private readonly int[] _places;

    public DropoutSeeds(BoundSession session, IReadOnlyList<string> names)
    {
        (_session, _names) = (session, names);
        _memory = new NativeBlock((names.Count + 1) * sizeof(long));
        _tensors = [.. names.Append(DropoutStreams.StepName).Select((_, i) => NativeApi.CreateTensor(_memory.Start + (i * sizeof(long)), sizeof(long), [], (int)ElementType.Int64))];
        _places = names.Count == 0 ? [] : [.. names.Append(DropoutStreams.StepName).Select(session.InputIndex)];
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
        for (var i = 0; i < _places.Length; i++)
        {
            _session.BindInput(_places[i], _tensors[i], anew: true);
        }
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
