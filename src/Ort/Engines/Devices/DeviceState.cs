using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Engines.Devices;

/// <summary>
/// The state in the memory of the device that the sessions compute on: parameters (the frozen ones in a block of their own, written once), gradients and
/// moments stay there; norm, clipping and the update are graphs. What is asked for comes as a copy.
/// </summary>
internal sealed class DeviceState : IEngineState
{
    private readonly IReadOnlyList<EngineParameter> _all;
    private readonly SessionSettings _settings;
    private readonly DeviceMemory _memory;
    private readonly Places _trainable, _frozen;
    private readonly DeviceBlock _trainableBlock, _frozenBlock;
    private readonly nint[] _tensors;
    private readonly DeviceGradients _gradients;
    private readonly Dictionary<(string Kind, int Parameter), byte[]> _copies = [];
    private DeviceUpdate? _update;

    /// <param name="settings">The device; kernels of ours are for the CPU only.</param>
    public DeviceState(IReadOnlyList<EngineParameter> parameters, SessionSettings settings)
    {
        (_all, _settings) = (parameters, settings with { Kernels = false, Profile = null });
        _memory = new DeviceMemory(_settings);

        // Matrices first: what weight decay tells apart then lies together, and the update takes few ranges.
        _trainable = new Places(parameters, [.. Indices(trainable: true).OrderBy(i => parameters[i].Dims.Count < 2)]);
        _frozen = new Places(parameters, [.. Indices(trainable: false)]);
        _trainableBlock = _memory.New(_trainable.Layout.Length);
        _frozenBlock = _memory.New(_frozen.Layout.Length);
        _tensors = [.. Enumerable.Range(0, parameters.Count).Select(i => PlacesOf(i).View(BlockOf(i), i))];
        _gradients = new DeviceGradients(_memory, _trainable.Layout, _settings, block => [.. Indices(trainable: true).Select(i => _trainable.View(block, i))]);
    }

    public int Moments => _update?.Moments ?? 0;

    public nint Tensor(int parameter) => _tensors[parameter];

    public ReadOnlyMemory<byte> Parameter(int parameter) => Read("parameter", BlockOf(parameter), parameter);

    public void SetParameter(int parameter, ReadOnlySpan<byte> value) => _memory.Write(BlockOf(parameter), PlacesOf(parameter).Offset(parameter), value);

    public nint[] GradientTargets() => _gradients.Targets();

    public void AddGradients(float weight) => _gradients.Add(weight);

    public void ClearGradients() => _gradients.Clear();

    public double GradientNorm() => _gradients.Norm();

    public ReadOnlyMemory<byte> Gradient(int parameter)
    {
        _gradients.Settle();
        return Read("gradient", _gradients.Total, parameter);
    }

    public void UseOptimizer(OptimizerSettings settings) =>
        _update = new DeviceUpdate(settings, _trainable.Layout, _trainable.Names, _memory, _trainableBlock, _gradients.Total, _settings);

    public ReadOnlyMemory<byte> Moment(int parameter, int moment) => Read($"moment {moment}", _update!.Moment(moment), parameter);

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value) => _memory.Write(_update!.Moment(moment), _trainable.Offset(parameter), value);

    public void Update(ReadOnlySpan<float> learningRates, float gradientScale, long step)
    {
        _gradients.Settle();
        _update!.Run(learningRates, gradientScale, step);
    }

    public void Dispose()
    {
        _update?.Dispose();
        _gradients.Dispose();
        _trainableBlock.Dispose();
        _frozenBlock.Dispose();
        _memory.Dispose();
    }

    private IEnumerable<int> Indices(bool trainable) => Enumerable.Range(0, _all.Count).Where(i => _all[i].Trainable == trainable);

    private Places PlacesOf(int parameter) => _all[parameter].Trainable ? _trainable : _frozen;

    private DeviceBlock BlockOf(int parameter) => _all[parameter].Trainable ? _trainableBlock : _frozenBlock;

    private byte[] Read(string kind, DeviceBlock block, int parameter)
    {
        if (!_copies.TryGetValue((kind, parameter), out var copy))
        {
            copy = _copies[(kind, parameter)] = new byte[_all[parameter].Type.ByteCount(_all[parameter].Count)];
        }

        _memory.Read(block, PlacesOf(parameter).Offset(parameter), copy);
        return copy;
    }

    /// <summary>Where some of the parameters lie in a block.</summary>
    private sealed class Places(IReadOnlyList<EngineParameter> all, int[] order)
    {
        private readonly Dictionary<int, int> _places = order.Index().ToDictionary(pair => pair.Item, pair => pair.Index);

        public BlockLayout Layout { get; } = new(order.Select(i => all[i].Type.ByteCount(all[i].Count)));

        public IReadOnlyList<string> Names { get; } = [.. order.Select(i => all[i].Name)];

        public long Offset(int parameter) => Layout.Offset(_places[parameter]);

        public nint View(DeviceBlock block, int parameter) =>
            block.View(Offset(parameter), all[parameter].Type.ByteCount(all[parameter].Count), [.. all[parameter].Dims], all[parameter].Type);
    }
}
