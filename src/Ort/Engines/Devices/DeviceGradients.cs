using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary>
/// <see cref="GradientBlocks"/> on a device: the first computation after <see cref="Clear"/> writes straight into the sums; later ones write into a second
/// block, made when first needed, which a graph adds.
/// </summary>
internal sealed class DeviceGradients : IDisposable
{
    private readonly DeviceMemory _memory;
    private readonly BlockLayout _layout;
    private readonly Func<DeviceBlock, nint[]> _viewsOf;
    private readonly BlockSession _scale, _add, _norm;
    private readonly nint[] _targets;
    private readonly nint _whole;
    private DeviceBlock? _added;
    private nint[] _addedTargets = [];
    private nint _addedWhole;
    private bool _empty = true;
    private bool _zero = true;

    /// <param name="viewsOf">The views of a block that are the gradients, in the order of the step graph's outputs.</param>
    public DeviceGradients(DeviceMemory memory, BlockLayout layout, SessionSettings settings, Func<DeviceBlock, nint[]> viewsOf)
    {
        (_memory, _layout, _viewsOf) = (memory, layout, viewsOf);
        Total = memory.New(Length);
        _targets = viewsOf(Total);
        _whole = Whole(Total);
        _scale = new BlockSession(BlockGraphs.Scale(), settings);
        _add = new BlockSession(BlockGraphs.AddScaled(), settings);
        _norm = new BlockSession(BlockGraphs.SquareSum(), settings);
    }

    /// <summary>The sums; up to date after <see cref="Settle"/>.</summary>
    public DeviceBlock Total { get; }

    private long Length => (_layout.Length + RowBytes - 1) / RowBytes * RowBytes;

    private static long RowBytes => BlockGraphs.RowLength * sizeof(float);

    public void Clear() => (_empty, _zero) = (true, false);

    /// <summary>Makes the sums zero where nothing was added since <see cref="Clear"/>.</summary>
    public void Settle()
    {
        if (_empty && !_zero)
        {
            _memory.Clear(Total);
            _zero = true;
        }
    }

    public nint[] Targets()
    {
        if (!_empty && _added is null)
        {
            _added = _memory.New(Length);
            _addedTargets = _viewsOf(_added);
            _addedWhole = Whole(_added);
        }

        _zero = false; // if the computation fails, part of it is there
        return _empty ? _targets : _addedTargets;
    }

    public void Add(float weight)
    {
        if (!_empty)
        {
            _add.Run([_whole, _addedWhole], [_whole], [weight]);
        }
        else if (weight != 1)
        {
            _scale.Run([_whole], [_whole], [weight]);
        }

        _empty = false;
    }

    public unsafe double Norm()
    {
        Settle();
        double squares;
        var result = NativeApi.CreateTensor(&squares, sizeof(double), [], (int)ElementType.Double);
        _norm.Run([_whole], [result], []);
        NativeApi.ReleaseTensor(result);
        return Math.Sqrt(squares);
    }

    public void Dispose()
    {
        _scale.Dispose();
        _add.Dispose();
        _norm.Dispose();
        Total.Dispose();
        _added?.Dispose();
    }

    private static nint Whole(DeviceBlock block) => block.View(0, block.Length, [block.Length / sizeof(float)], ElementType.Float);
}
