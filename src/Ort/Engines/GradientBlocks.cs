using OnnxPipeline.Kernels;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// The gradients of all trainable parameters. The first computation after <see cref="Clear"/> writes straight into them; later ones write into a
/// second block, made when first needed, which is added.
/// </summary>
internal sealed class GradientBlocks : IDisposable
{
    private const int ElementsPerPiece = GlobalNorm.ChunkLength;

    private readonly BlockLayout _layout;
    private readonly IReadOnlyList<EngineParameter> _parameters;
    private readonly Crew _crew;
    private readonly nint[] _tensors;
    private readonly double[] _squares;
    private readonly Action<int> _scale, _add, _square;
    private nint[] _addedTensors = [];
    private NativeBlock? _added;
    private float _weight;
    private bool _empty = true;
    private bool _zero = true;

    /// <param name="parameters">The trainable ones, in the order of <paramref name="layout"/>.</param>
    public GradientBlocks(BlockLayout layout, IReadOnlyList<EngineParameter> parameters, Crew crew)
    {
        (_layout, _parameters, _crew) = (layout, parameters, crew);
        Total = new NativeBlock(layout.Length);
        _tensors = Tensors(Total);
        _squares = new double[(layout.Length / sizeof(float) + ElementsPerPiece - 1) / ElementsPerPiece];
        _scale = piece => Accumulate.Scale(Piece(Total, piece), _weight);
        _add = piece => Accumulate.AddScaled(Piece(Total, piece), Piece(_added!, piece), _weight);
        _square = piece => _squares[piece] = GlobalNorm.SumOfSquares(Piece(Total, piece));
    }

    /// <summary>The sums; up to date after <see cref="Settle"/>.</summary>
    public NativeBlock Total { get; }

    public void Clear() => (_empty, _zero) = (true, false);

    /// <summary>Makes the sums zero where nothing was added since <see cref="Clear"/>.</summary>
    public void Settle()
    {
        if (_empty && !_zero)
        {
            for (var i = 0; i < _layout.Count; i++)
            {
                _layout.Span(Total, i).Clear();
            }

            _zero = true;
        }
    }

    /// <summary>Where the next computation writes its gradients.</summary>
    public nint[] Targets()
    {
        if (!_empty && _added is null)
        {
            _added = new NativeBlock(_layout.Length);
            _addedTensors = Tensors(_added);
        }

        _zero = false; // if the computation fails, part of it is there
        return _empty ? _tensors : _addedTensors;
    }

    /// <summary>Adds <paramref name="weight"/> × what was written to <see cref="Targets"/>.</summary>
    public void Add(float weight)
    {
        _weight = weight;
        if (!_empty || weight != 1)
        {
            _crew.Run(_empty ? _scale : _add, _squares.Length);
        }

        _empty = false;
    }

    /// <summary>The L2 norm.</summary>
    public double Norm()
    {
        Settle();
        _crew.Run(_square, _squares.Length);
        var sum = 0.0;
        foreach (var square in _squares)
        {
            sum += square;
        }

        return Math.Sqrt(sum);
    }

    public void Dispose()
    {
        Array.ForEach(_tensors, NativeApi.ReleaseTensor);
        Array.ForEach(_addedTensors, NativeApi.ReleaseTensor);
        Total.Dispose();
        _added?.Dispose();
    }

    private unsafe nint[] Tensors(NativeBlock block) =>
        [.. _parameters.Select((parameter, i) => NativeApi.CreateTensor(block.Start + _layout.Offset(i), parameter.Count * sizeof(float), [.. parameter.Dims], (int)parameter.Type))];

    private Span<float> Piece(NativeBlock block, int piece)
    {
        var start = (long)piece * ElementsPerPiece;
        return block.Floats(start, (int)Math.Min(ElementsPerPiece, _layout.Length / sizeof(float) - start));
    }
}
