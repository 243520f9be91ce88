using OnnxPipeline.Files;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>All parameters: the trainable ones in one block, the frozen ones in another.</summary>
internal sealed class ParameterBlocks : IDisposable
{
    private readonly NativeBlock _frozen;
    private readonly BlockLayout _frozenLayout;
    private readonly int[] _places;
    private readonly nint[] _tensors;

    public ParameterBlocks(IReadOnlyList<EngineParameter> all)
    {
        All = all;
        TrainableOnes = [.. all.Where(parameter => parameter.Trainable)];
        Layout = new BlockLayout(TrainableOnes.Select(Bytes));
        Trainable = new NativeBlock(Layout.Length);
        _frozenLayout = new BlockLayout(all.Where(parameter => !parameter.Trainable).Select(Bytes));
        _frozen = new NativeBlock(_frozenLayout.Length);
        var (trainable, frozen) = (0, 0);
        _places = [.. all.Select(parameter => parameter.Trainable ? trainable++ : frozen++)];
        _tensors = [.. Enumerable.Range(0, all.Count).Select(View)];
    }

    public IReadOnlyList<EngineParameter> All { get; }

    public IReadOnlyList<EngineParameter> TrainableOnes { get; }

    public NativeBlock Trainable { get; }

    /// <summary>Of the trainable ones.</summary>
    public BlockLayout Layout { get; }

    /// <summary>Which of the trainable ones parameter number <paramref name="parameter"/> is.</summary>
    /// <exception cref="ArgumentException">It is frozen.</exception>
    public int PlaceOf(int parameter) => All[parameter].Trainable ? _places[parameter] : throw new ArgumentException($"The parameter '{All[parameter].Name}' is frozen.", nameof(parameter));

    /// <summary>ONNX Runtime's view of it.</summary>
    public nint TensorOf(int parameter) => _tensors[parameter];

    public Memory<byte> this[int parameter] =>
        All[parameter].Trainable ? Layout.Of(Trainable, _places[parameter]) : _frozenLayout.Of(_frozen, _places[parameter]);

    public void Dispose()
    {
        Array.ForEach(_tensors, NativeApi.ReleaseTensor);
        Trainable.Dispose();
        _frozen.Dispose();
    }

    private static long Bytes(EngineParameter parameter) => parameter.Type.ByteCount(parameter.Count);

    private unsafe nint View(int parameter)
    {
        var (block, layout) = All[parameter].Trainable ? (Trainable, Layout) : (_frozen, _frozenLayout);
        return NativeApi.CreateTensor(block.Start + layout.Offset(_places[parameter]), Bytes(All[parameter]), [.. All[parameter].Dims], (int)All[parameter].Type);
    }
}
