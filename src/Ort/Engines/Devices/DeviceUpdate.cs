using OnnxPipeline.Files;
using OnnxPipeline.Kernels;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary><see cref="UpdateRule"/> on a device: the rule as a graph, run on one range after the other, whose results take the place of what they come from.</summary>
internal sealed class DeviceUpdate : IDisposable
{
    /// <summary>What a graph keeps between its nodes is a few times as long: 64 MiB each.</summary>
    private const int ElementsPerRange = 1 << 24;

    private readonly OptimizerSettings _settings;
    private readonly BlockSession _session;
    private readonly DeviceBlock[] _moments;
    private readonly UpdateRange[] _ranges;
    private readonly nint[][] _inputs, _outputs;

    /// <param name="names">Of the trainable parameters, in the order of <paramref name="layout"/>.</param>
    public DeviceUpdate(OptimizerSettings settings, BlockLayout layout, IReadOnlyList<string> names, DeviceMemory memory, DeviceBlock parameters, DeviceBlock gradients, SessionSettings session)
    {
        _settings = settings;
        _moments = [.. Enumerable.Range(0, settings.MomentCount).Select(_ => memory.New(layout.Length))];
        _ranges = [.. UpdateRange.Cut(settings, layout, names, ElementsPerRange)];
        _inputs = [.. _ranges.Select(range => new[] { parameters, gradients }.Concat(_moments).Select(block => View(block, range)).ToArray())];
        _outputs = [.. _inputs.Select(views => views.Where((_, i) => i != 1).ToArray())]; // all but the gradient
        _session = new BlockSession(settings.Kind == "adamw" ? BlockGraphs.AdamW(settings) : BlockGraphs.Sgd(settings), session);
    }

    public int Moments => _moments.Length;

    public DeviceBlock Moment(int moment) => _moments[moment];

    /// <param name="step">1 for the first.</param>
    public void Run(ReadOnlySpan<float> learningRates, float gradientScale, long step)
    {
        for (var i = 0; i < _ranges.Length; i++)
        {
            var range = _ranges[i];
            if (_settings.Kind == "adamw")
            {
                var factors = new AdamWFactors(_settings.AdamWAt(learningRates[range.Rate], range.Decay, gradientScale, step));
                _session.Run(_inputs[i], _outputs[i], [factors.GradientScale, factors.RootScale, factors.MinusSize, factors.MinusBefore, factors.MinusAfter]);
            }
            else
            {
                _session.Run(_inputs[i], _outputs[i], [gradientScale, range.Decay, -learningRates[range.Rate]]);
            }
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        Array.ForEach(_moments, moment => moment.Dispose());
    }

    private static nint View(DeviceBlock block, UpdateRange range) => block.View(range.Start * sizeof(float), (long)range.Length * sizeof(float), [range.Length], ElementType.Float);
}
