using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Engines.Devices;
using OnnxPipeline.Ort.Native;
using OnnxPipeline.Ort.StepGraph;

namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// Trains on stock ONNX Runtime: forward and backward as one graph derived from the training model. On the CPU clipping and the optimizer are C#
/// kernels, the same threads give the same bits, and a call with shapes seen before allocates nothing on the managed heap; on a GPU they are graphs
/// of their own. Memory: parameters, gradients and optimizer state once each; gradients twice while accumulating.
/// </summary>
public sealed class StockEngine : ITrainingEngine
{
    private readonly string _name;
    private readonly BoundSession _step;
    private readonly Lazy<BoundSession> _evaluation;
    private readonly IEngineState _state;
    private readonly Statistics _statistics;
    private readonly DropoutSeeds _seeds;
    private readonly int _gradients;
    private readonly NativeBlock _loss = new(sizeof(float));
    private readonly nint _lossTensor;
    private readonly BatchInput[] _inputs;
    private BoundSession? _last;
    private bool _hasOptimizer;

    private StockEngine(string name, Model training, Func<Model> evaluation, OdtcCheckpoint checkpoint, SessionSettings settings, Func<IReadOnlyList<EngineParameter>, IEngineState> stateOf)
    {
        _name = name;
        var saved = checkpoint.Trainable.Concat(checkpoint.Frozen).ToDictionary(parameter => parameter.Name, parameter => parameter.Tensor);
        var step = Derivation.OfTraining(training, settings.Kernels);
        _step = new BoundSession(ModelFile.ToBytes(step.Model), name, settings);
        Parameters = [.. _step.Inputs.Where(input => saved.ContainsKey(input.Name)).Select(input => Describe(input, saved[input.Name], step.Trainable.Contains(input.Name)))];
        var known = Parameters.Select(parameter => parameter.Name).ToHashSet();
        if (step.Trainable.Concat(step.Statistics).FirstOrDefault(trained => !known.Contains(trained)) is { } missing)
        {
            throw new OrtException($"The training graph of {name} trains '{missing}', which is not in its checkpoint; the two files are of different models.");
        }

        _state = stateOf(Parameters);
        for (var i = 0; i < Parameters.Count; i++)
        {
            _state.SetParameter(i, saved[Parameters[i].Name].Bytes.Span);
            _step.BindInput(_step.InputIndex(Parameters[i].Name), _state.Tensor(i));
        }

        _gradients = step.Trainable.Count;
        _statistics = new Statistics(_state, Parameters, [.. step.Statistics.Select(name => Parameters.Index().First(p => p.Item.Name == name).Index)]);
        _seeds = new DropoutSeeds(_step, step.Seeds);
        _inputs = [.. _step.Inputs.Where(input => !known.Contains(input.Name) && !_seeds.Has(input.Name)).Select(input => new BatchInput(input))];
        Inputs = [.. _inputs.Select(input => input.Spec)];
        FurtherOutputs = [.. _step.Outputs.Skip(1).Take(_step.Outputs.Count - 1 - _gradients - step.Statistics.Count)];
        unsafe
        {
            _lossTensor = NativeApi.CreateTensor(_loss.Start, sizeof(float), [.. LossDims(_step)], (int)ElementType.Float);
        }

        _evaluation = new Lazy<BoundSession>(() => OpenEvaluation(evaluation(), settings with { Profile = null }));
    }

    public IReadOnlyList<TensorSpec> Inputs { get; }

    public IReadOnlyList<EngineParameter> Parameters { get; }

    public IReadOnlyList<TensorSpec> FurtherOutputs { get; }

    public IReadOnlyList<TensorSpec> EvaluationOutputs => [.. _evaluation.Value.Outputs.Skip(1)];

    public long Step { get; set; }

    public int Moments => _state.Moments;

    /// <summary>Loads a folder of artifacts and the parameters of its checkpoint; the evaluation graph when it is first needed.</summary>
    /// <exception cref="PipelineException">A file cannot be read, or is not what it should be.</exception>
    public static StockEngine Load(ArtifactFolder artifacts, int threads) => Load(artifacts, new SessionSettings { Threads = threads });

    /// <inheritdoc cref="Load(ArtifactFolder, int)"/>
    public static StockEngine Load(ArtifactFolder artifacts, SessionSettings settings)
    {
        var path = artifacts.Manifest?.Target == "stock" ? artifacts.StepModel : artifacts.TrainingModel;
        var checkpoint = OdtcCheckpoint.Read(artifacts.Checkpoint);
        if (checkpoint.Nominal)
        {
            throw new OrtException($"{artifacts.Checkpoint} holds names and types only; a checkpoint with values was wanted.");
        }

        var engine = Create(path, ModelFile.Load(path), () => ModelFile.Load(artifacts.EvalModel), checkpoint, settings);
        checkpoint.Unmap();
        return engine;
    }

    /// <summary>An engine of models in memory.</summary>
    /// <param name="name">What messages call the training graph.</param>
    /// <param name="training">Is changed.</param>
    /// <param name="evaluation">Called once when first needed; the model is changed.</param>
    /// <param name="checkpoint">The parameters; copied.</param>
    /// <exception cref="PipelineException">The graph is no training graph, or does not go with the checkpoint.</exception>
    public static StockEngine Create(string name, Model training, Func<Model> evaluation, OdtcCheckpoint checkpoint, SessionSettings settings) =>
        settings.Device.Gpu is null
            ? Create(name, training, evaluation, checkpoint, settings, parameters => new HostState(parameters, settings.Threads))
            : Create(name, training, evaluation, checkpoint, settings with { Kernels = false }, parameters => new DeviceState(parameters, settings));

    /// <inheritdoc cref="Create(string, Model, Func{Model}, OdtcCheckpoint, SessionSettings)"/>
    /// <param name="stateOf">Makes what is kept between computations.</param>
    internal static StockEngine Create(string name, Model training, Func<Model> evaluation, OdtcCheckpoint checkpoint, SessionSettings settings, Func<IReadOnlyList<EngineParameter>, IEngineState> stateOf) =>
        new(name, training, evaluation, checkpoint, settings, stateOf);

    public void UseOptimizer(OptimizerSettings settings)
    {
        if (_hasOptimizer)
        {
            throw new InvalidOperationException("The engine has an optimizer already.");
        }

        _state.UseOptimizer(settings);
        _hasOptimizer = true;
    }

    public Span<byte> Input(int input, ReadOnlySpan<long> dims) => _inputs[input].Reshape(dims);

    public float ForwardBackward(float weight, long seed, long step)
    {
        _seeds.Set(seed, step);
        Run(_step, _state.GradientTargets(), _step.Outputs.Count - _gradients - _statistics.Tensors.Length);
        _statistics.Keep();
        _state.AddGradients(weight);
        return _loss.Floats(0, 1)[0];
    }

    public float Evaluate()
    {
        Run(_evaluation.Value, [], _evaluation.Value.Outputs.Count);
        return _loss.Floats(0, 1)[0];
    }

    public Tensor FurtherOutput(int output) => (_last ?? throw new InvalidOperationException("Nothing was computed yet.")).Output(output + 1);

    public void ClearGradients() => _state.ClearGradients();

    public double? GradientNorm() => _state.GradientNorm();

    public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale)
    {
        RequireOptimizer();
        _state.Update(learningRates, gradientScale, Step + 1);
        Step++;
    }

    public ReadOnlyMemory<byte> Parameter(int parameter) => _state.Parameter(parameter);

    public void SetParameter(int parameter, ReadOnlySpan<byte> value) => _state.SetParameter(parameter, value);

    public ReadOnlyMemory<byte> Gradient(int parameter) => _state.Gradient(parameter);

    public ReadOnlyMemory<byte> Moment(int parameter, int moment)
    {
        RequireOptimizer();
        return _state.Moment(parameter, moment);
    }

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value)
    {
        RequireOptimizer();
        _state.SetMoment(parameter, moment, value);
    }

    /// <summary>Which kernel each node of the steps so far ran on; once, for an engine opened with <see cref="SessionSettings.Profile"/>.</summary>
    public KernelReport EndProfile() => _step.EndProfile();

    public void Dispose()
    {
        _step.Dispose();
        if (_evaluation.IsValueCreated)
        {
            _evaluation.Value.Dispose();
        }

        _state.Dispose();
        _seeds.Dispose();
        _statistics.Dispose();
        Array.ForEach(_inputs, input => input.Dispose());
        NativeApi.ReleaseTensor(_lossTensor);
        _loss.Dispose();
    }

    private void RequireOptimizer()
    {
        if (!_hasOptimizer)
        {
            throw new InvalidOperationException("UseOptimizer was not called.");
        }
    }

    /// <param name="targets">Where the outputs from <paramref name="first"/> on go, before those of the statistics.</param>
    private void Run(BoundSession session, nint[] targets, int first)
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            var place = session.InputIndex(_inputs[i].Spec.Name);
            if (_inputs[i].Tensor == 0)
            {
                throw new OrtException($"Input '{_inputs[i].Spec.Name}' of {_name} was not given; wanted {_inputs[i].Spec}.");
            }

            if (place >= 0)
            {
                session.BindInput(place, _inputs[i].Tensor, anew: true);
            }
        }

        session.BindOutput(0, _lossTensor);
        for (var i = 1; i < session.Outputs.Count; i++)
        {
            session.BindOutput(i, i < first ? 0 : i - first < targets.Length ? targets[i - first] : _statistics.Tensors[i - first - targets.Length]);
        }

        session.Run();
        _last = session;
    }

    private BoundSession OpenEvaluation(Model model, SessionSettings settings)
    {
        var name = $"the evaluation graph of {_name}";
        var session = new BoundSession(ModelFile.ToBytes(Derivation.OfEvaluation(model, settings.Kernels)), name, settings);
        for (var i = 0; i < Parameters.Count; i++)
        {
            if (session.InputIndex(Parameters[i].Name) is >= 0 and var input)
            {
                session.BindInput(input, _state.Tensor(i));
            }
        }

        var given = Parameters.Select(parameter => parameter.Name).Concat(_inputs.Select(input => input.Spec.Name)).ToHashSet();
        return session.Inputs.FirstOrDefault(input => !given.Contains(input.Name)) is { } other
            ? throw new OrtException($"Input '{other.Name}' of {name} is neither a parameter nor an input of the training graph.")
            : session;
    }

    private static IEnumerable<long> LossDims(BoundSession session) => session.Outputs[0] is { Type: ElementType.Float } loss && loss.Dims.All(dim => dim == 1)
        ? loss.Dims
        : throw new OrtException($"The first output of the training graph is {session.Outputs[0]}; the loss, a float32 scalar, was wanted.");

    private static EngineParameter Describe(TensorSpec input, Tensor saved, bool trainable)
    {
        if (saved.Type != input.Type || saved.Rank != input.Dims.Count || !saved.Dims.Zip(input.Dims).All(pair => pair.Second < 0 || pair.First == pair.Second))
        {
            throw new OrtException($"The parameter '{input.Name}' is {saved} in the checkpoint; the training graph wants {input}.");
        }

        return trainable && saved.Type != ElementType.Float
            ? throw new OrtException($"The parameter '{input.Name}' is {saved}; float32 is what can be trained.")
            : new EngineParameter(input.Name, saved.Type, saved.Dims, trainable);
    }
}
