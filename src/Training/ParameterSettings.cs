using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>
/// What each parameter of a run is updated with. The main learning rate and weight decay; then what every group that matches a parameter sets,
/// the later one wins; then no decay where a pattern of <c>--no-decay</c> matches. The rate of a group follows the schedule as the main one does:
/// it takes its place in the formula, as with the parameter groups of PyTorch.
/// </summary>
internal sealed class ParameterSettings
{
    private readonly Schedule[] _schedules;
    private readonly float[] _rates;

    /// <exception cref="NamePatternException">A pattern matches no parameter; the message names the closest ones.</exception>
    public ParameterSettings(RunConfig config, IReadOnlyList<EngineParameter> parameters)
    {
        string[] names = [.. parameters.Select(p => p.Name)];
        var rates = names.ToDictionary(name => name, _ => config.Lr);
        var decays = parameters.ToDictionary(p => p.Name, p => config.DecaysMatricesOnly && p.Dims.Count < 2 ? 0 : config.WeightDecay);
        foreach (var group in config.Groups())
        {
            foreach (var name in NamePatterns.Select("--group", [group.Pattern], names))
            {
                rates[name] = group.Lr ?? rates[name];
                decays[name] = group.WeightDecay ?? decays[name];
            }
        }

        foreach (var name in NamePatterns.Select("--no-decay", config.NoDecay, names))
        {
            decays[name] = 0;
        }

        double[] distinct = [.. rates.Values.Prepend(config.Lr).Distinct()];
        _schedules = [.. distinct.Select(rate => new Schedule(config.Schedule, rate, config.MinLr, config.Warmup))];
        _rates = new float[distinct.Length];
        Optimizer = new()
        {
            Kind = config.Optimizer,
            Beta1 = (float)config.Beta1,
            Beta2 = (float)config.Beta2,
            Epsilon = (float)config.Eps,
            AdamMode = config.AdamMode,
            Momentum = (float)config.Momentum,
            WeightDecay = decays.ToDictionary(p => p.Key, p => (float)p.Value),
            LearningRate = rates.ToDictionary(p => p.Key, p => Array.IndexOf(distinct, p.Value)),
        };
    }

    public OptimizerSettings Optimizer { get; }

    /// <summary>The learning rates of a step, the main one first; valid until the next call.</summary>
    /// <param name="steps">See <see cref="Schedule.At"/>.</param>
    public ReadOnlySpan<float> RatesAt(long step, double steps)
    {
        for (var i = 0; i < _rates.Length; i++)
        {
            _rates[i] = (float)_schedules[i].At(step, steps);
        }

        return _rates;
    }
}
