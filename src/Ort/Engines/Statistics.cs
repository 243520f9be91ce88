using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>Running statistics: frozen parameters that every step gives anew. They are computed into memory of their own, and take the place of the old ones after it.</summary>
internal sealed class Statistics : IDisposable
{
    private readonly ParameterBlocks _parameters;
    private readonly int[] _places;
    private readonly BlockLayout _layout;
    private readonly NativeBlock _block;

    /// <param name="places">Which parameters they are, in the order in which the step gives them.</param>
    public Statistics(ParameterBlocks parameters, int[] places)
    {
        (_parameters, _places) = (parameters, places);
        _layout = new BlockLayout(places.Select(place => (long)parameters[place].Length));
        _block = new NativeBlock(_layout.Length);
        unsafe
        {
            Tensors = [.. places.Select((place, i) => NativeApi.CreateTensor(_block.Start + _layout.Offset(i), parameters[place].Length, [.. parameters.All[place].Dims], (int)parameters.All[place].Type))];
        }
    }

    /// <summary>Where a step writes them.</summary>
    public nint[] Tensors { get; }

    /// <summary>Makes what the last step wrote the parameters.</summary>
    public void Keep()
    {
        for (var i = 0; i < _places.Length; i++)
        {
            _layout.Span(_block, i).CopyTo(_parameters[_places[i]].Span);
        }
    }

    public void Dispose()
    {
        Array.ForEach(Tensors, NativeApi.ReleaseTensor);
        _block.Dispose();
    }
}
