using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort.Native;
using OnnxPipeline.Ort.StepGraph;

namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// Trains on stock ONNX Runtime on the CPU: forward and backward as one graph derived from the training model, clipping and the optimizer in
/// C#. The same bits for the same threads. Memory: parameters, gradients and optimizer state once each; gradients twice while accumulating.
/// </summary>
public sealed class StockEngine : ITrainingEngine
{
    private readonly string _name;
    private readonly BoundSession _step;
    private readonly Lazy<BoundSession> _evaluation;
    private readonly Crew _crew;
    private readonly ParameterBlocks _parameters;
    private readonly GradientBlocks _gradients;
    private readonly Statistics _statistics;
    private readonly DropoutSeeds _seeds;
    private readonly NativeBlock _loss = new(sizeof(float));
    private readonly nint _lossTensor;
    private readonly BatchInput[] _inputs;
    private BoundSession? _last;
    private UpdateRule? _rule;

    private StockEngine(string name, Model training, Func<Model> evaluation, OdtcCheckpoint checkpoint, SessionSettings settings)
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

        _crew = new Crew(settings.Threads);
        _parameters = new ParameterBlocks(Parameters);
        for (var i = 0; i < Parameters.Count; i++)
        {
            saved[Parameters[i].Name].Bytes.CopyTo(_parameters[i]);
            _step.BindInput(_step.InputIndex(Parameters[i].Name), _parameters.TensorOf(i));
        }

        _gradients = new GradientBlocks(_parameters.Layout, _parameters.TrainableOnes, _crew);
        _statistics = new Statistics(_parameters, [.. step.Statistics.Select(name => Parameters.Index().First(p => p.Item.Name == name).Index)]);
        _seeds = new DropoutSeeds(_step, step.Seeds);
        _inputs = [.. _step.Inputs.Where(input => !known.Contains(input.Name) && !_seeds.Has(input.Name)).Select(input => new BatchInput(input))];
        Inputs = [.. _inputs.Select(input => input.Spec)];
        FurtherOutputs = [.. _step.Outputs.Skip(1).Take(_step.Outputs.Count - 1 - step.Trainable.Count - step.Statistics.Count)];
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

    public int Moments => _rule?.Moments ?? 0;

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
        Unmap(checkpoint);
        return engine;
    }

    /// <summary>An engine of models in memory.</summary>
    /// <param name="name">What messages call the training graph.</param>
    /// <param name="training">Is changed.</param>
    /// <param name="evaluation">Called once when first needed; the model is changed.</param>
    /// <param name="checkpoint">The parameters; copied.</param>
    /// <exception cref="PipelineException">The graph is no training graph, or does not go with the checkpoint.</exception>
    public static StockEngine Create(string name, Model training, Func<Model> evaluation, OdtcCheckpoint checkpoint, SessionSettings settings) =>
        new(name, training, evaluation, checkpoint, settings);

    public void UseOptimizer(OptimizerSettings settings)
    {
        if (_rule is not null)
        {
            throw new InvalidOperationException("The engine has an optimizer already.");
        }

        _rule = new UpdateRule(settings, _parameters.Layout, [.. _parameters.TrainableOnes.Select(parameter => parameter.Name)], _parameters.Trainable, _gradients.Total);
    }

    public Span<byte> Input(int input, ReadOnlySpan<long> dims) => _inputs[input].Reshape(dims);

    public float ForwardBackward(float weight, long seed, long step)
    {
        _seeds.Set(seed, step);
        var first = _step.Outputs.Count - _parameters.TrainableOnes.Count - _statistics.Tensors.Length;
        var targets = _gradients.Targets();
        Run(_step, targets, first);
        _statistics.Keep();
        _gradients.Add(weight);
        return _loss.Floats(0, 1)[0];
    }

    public float Evaluate()
    {
        Run(_evaluation.Value, [], _evaluation.Value.Outputs.Count);
        return _loss.Floats(0, 1)[0];
    }

    public Tensor FurtherOutput(int output) => (_last ?? throw new InvalidOperationException("Nothing was computed yet.")).Output(output + 1);

    public void ClearGradients() => _gradients.Clear();

    public double GradientNorm() => _gradients.Norm();

    public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale)
    {
        var rule = _rule ?? throw new InvalidOperationException("UseOptimizer was not called.");
        _gradients.Settle();
        rule.Run(_crew, learningRates, gradientScale, Step + 1);
        Step++;
    }

    public Memory<byte> Parameter(int parameter) => _parameters[parameter];

    public ReadOnlyMemory<byte> Gradient(int parameter)
    {
        _gradients.Settle();
        return _parameters.Layout.Of(_gradients.Total, _parameters.PlaceOf(parameter));
    }

    public Memory<byte> Moment(int parameter, int moment) =>
        _parameters.Layout.Of((_rule ?? throw new InvalidOperationException("UseOptimizer was not called.")).Moment(moment), _parameters.PlaceOf(parameter));

    /// <summary>Which kernel each node of the steps so far ran on; once, for an engine opened with <see cref="SessionSettings.Profile"/>.</summary>
    public KernelReport EndProfile() => _step.EndProfile();

    public void Dispose()
    {
        _step.Dispose();
        if (_evaluation.IsValueCreated)
        {
            _evaluation.Value.Dispose();
        }

        _crew.Dispose();
        _gradients.Dispose();
        _parameters.Dispose();
        _rule?.Dispose();
        _seeds.Dispose();
        _statistics.Dispose();
        Array.ForEach(_inputs, input => input.Dispose());
        NativeApi.ReleaseTensor(_lossTensor);
        _loss.Dispose();
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
                session.BindInput(place, _inputs[i].Tensor);
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
                session.BindInput(input, _parameters.TensorOf(i));
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

    /// <summary>The parameters were copied: the file's pages need not stay in memory.</summary>
    private static void Unmap(OdtcCheckpoint checkpoint)
    {
        var states = (checkpoint.OptimizerGroups ?? []).SelectMany(group => group.States).SelectMany(state => state.Momentums);
        foreach (var tensor in checkpoint.Trainable.Concat(checkpoint.Frozen).Concat(states).Select(named => named.Tensor))
        {
            if (System.Runtime.InteropServices.MemoryMarshal.TryGetMemoryManager<byte, PointerMemory>(tensor.Bytes, out var memory) && memory.Owner is MappedFile file)
            {
                file.Dispose();
            }
        }
    }
}
