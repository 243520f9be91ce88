namespace OnnxPipeline.Ort.Engines;

/// <summary>The state in this process's memory: sessions read parameters where they lie, C# kernels update them in place.</summary>
internal sealed class HostState : IEngineState
{
    private readonly Crew _crew;
    private readonly ParameterBlocks _parameters;
    private readonly GradientBlocks _gradients;
    private UpdateRule? _rule;

    public HostState(IReadOnlyList<EngineParameter> parameters, int threads)
    {
        _crew = new Crew(threads);
        _parameters = new ParameterBlocks(parameters);
        _gradients = new GradientBlocks(_parameters.Layout, _parameters.TrainableOnes, _crew);
    }

    public int Moments => _rule?.Moments ?? 0;

    public nint Tensor(int parameter) => _parameters.TensorOf(parameter);

    public ReadOnlyMemory<byte> Parameter(int parameter) => _parameters[parameter];

    public void SetParameter(int parameter, ReadOnlySpan<byte> value) => value.CopyTo(_parameters[parameter].Span);

    public nint[] GradientTargets() => _gradients.Targets();

    public void AddGradients(float weight) => _gradients.Add(weight);

    public void ClearGradients() => _gradients.Clear();

    public double GradientNorm() => _gradients.Norm();

    public ReadOnlyMemory<byte> Gradient(int parameter)
    {
        _gradients.Settle();
        return _parameters.Layout.Of(_gradients.Total, _parameters.PlaceOf(parameter));
    }

    public void UseOptimizer(OptimizerSettings settings) =>
        _rule = new UpdateRule(settings, _parameters.Layout, [.. _parameters.TrainableOnes.Select(parameter => parameter.Name)], _parameters.Trainable, _gradients.Total);

    public ReadOnlyMemory<byte> Moment(int parameter, int moment) => MomentOf(parameter, moment);

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value) => value.CopyTo(MomentOf(parameter, moment).Span);

    public void Update(ReadOnlySpan<float> learningRates, float gradientScale, long step)
    {
        _gradients.Settle();
        _rule!.Run(_crew, learningRates, gradientScale, step);
    }

    public void Dispose()
    {
        _crew.Dispose();
        _gradients.Dispose();
        _parameters.Dispose();
        _rule?.Dispose();
    }

    private Memory<byte> MomentOf(int parameter, int moment) => _parameters.Layout.Of(_rule!.Moment(moment), _parameters.PlaceOf(parameter));
}
