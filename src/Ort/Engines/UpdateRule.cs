using OnnxPipeline.Kernels;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>The optimizer: its state, and the update of all parameters, cut into pieces that never cross from one setting to another.</summary>
internal sealed class UpdateRule : IDisposable
{
    private const int ElementsPerPiece = 1 << 16;

    private readonly OptimizerSettings _settings;
    private readonly NativeBlock _parameters;
    private readonly NativeBlock _gradients;
    private readonly NativeBlock[] _moments;
    private readonly UpdateRange[] _pieces;
    private readonly Action<int> _update;
    private readonly float[] _rates;
    private float _gradientScale;
    private long _step;

    /// <param name="names">Of the trainable parameters, in the order of <paramref name="layout"/>.</param>
    /// <exception cref="OrtException">There is no such rule.</exception>
    public UpdateRule(OptimizerSettings settings, BlockLayout layout, IReadOnlyList<string> names, NativeBlock parameters, NativeBlock gradients)
    {
        (_settings, _parameters, _gradients) = (settings, parameters, gradients);
        _moments = [.. Enumerable.Range(0, settings.MomentCount).Select(_ => new NativeBlock(layout.Length))];
        _pieces = [.. UpdateRange.Cut(settings, layout, names, ElementsPerPiece)];
        _rates = new float[1 + _pieces.Select(piece => piece.Rate).DefaultIfEmpty().Max()];
        _update = settings.Kind == "adamw" ? AdamWPiece : SgdPiece;
    }

    public int Moments => _moments.Length;

    public NativeBlock Moment(int moment) => _moments[moment];

    /// <summary>Updates every parameter.</summary>
    /// <param name="step">1 for the first.</param>
    public void Run(Crew crew, ReadOnlySpan<float> learningRates, float gradientScale, long step)
    {
        learningRates[.._rates.Length].CopyTo(_rates);
        (_gradientScale, _step) = (gradientScale, step);
        crew.Run(_update, _pieces.Length);
    }

    public void Dispose() => Array.ForEach(_moments, moment => moment.Dispose());

    private void AdamWPiece(int index)
    {
        var piece = _pieces[index];
        var options = _settings.AdamWAt(_rates[piece.Rate], piece.Decay, _gradientScale, _step);
        AdamW.Step(Of(_parameters, piece), Of(_gradients, piece), Of(_moments[0], piece), Of(_moments[1], piece), options);
    }

    private void SgdPiece(int index)
    {
        var piece = _pieces[index];
        var rate = _rates[piece.Rate];
        if (_moments.Length == 0)
        {
            Sgd.Step(Of(_parameters, piece), Of(_gradients, piece), rate, piece.Decay, _gradientScale);
        }
        else
        {
            Sgd.Step(Of(_parameters, piece), Of(_gradients, piece), Of(_moments[0], piece), rate, _settings.Momentum, piece.Decay, _gradientScale);
        }
    }

    private static Span<float> Of(NativeBlock block, in UpdateRange piece) => block.Floats(piece.Start, piece.Length);
}
