using OnnxPipeline.Files;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>Running statistics: frozen parameters that every step gives anew. They are computed into memory of their own, and take the place of the old ones after it.</summary>
internal sealed class Statistics : IDisposable
{
    private readonly IEngineState _state;
    private readonly int[] _places;
    private readonly BlockLayout _layout;
    private readonly NativeBlock _block;

    /// <param name="places">Which parameters they are, in the order in which the step gives them.</param>
    public Statistics(IEngineState state, IReadOnlyList<EngineParameter> parameters, int[] places)
    {
        (_state, _places) = (state, places);
        _layout = new BlockLayout(places.Select(place => Bytes(parameters[place])));
        _block = new NativeBlock(_layout.Length);
        unsafe
        {
            Tensors = [.. places.Select((place, i) => NativeApi.CreateTensor(_block.Start + _layout.Offset(i), Bytes(parameters[place]), [.. parameters[place].Dims], (int)parameters[place].Type))];
        }
    }

    /// <summary>Where a step writes them; this process's memory also for a state on a device, for they are few.</summary>
    public nint[] Tensors { get; }

    /// <summary>Makes what the last step wrote the parameters.</summary>
    public void Keep()
    {
        for (var i = 0; i < _places.Length; i++)
        {
            _state.SetParameter(_places[i], _layout.Span(_block, i));
        }
    }

    public void Dispose()
    {
        Array.ForEach(Tensors, NativeApi.ReleaseTensor);
        _block.Dispose();
    }

    private static long Bytes(EngineParameter parameter) => parameter.Type.ByteCount(parameter.Count);
}
