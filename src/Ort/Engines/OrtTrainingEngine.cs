using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// Trains in Microsoft's own runtime (TrainingSession), on its optimizer graph as it is: one micro-batch a step, one learning rate, clipping as it is
/// written there. Gradients and their norm stay inside. Parameters and moments are copies, exchanged through checkpoint files in a temporary folder.
/// </summary>
public sealed class OrtTrainingEngine : ITrainingEngine
{
    private readonly ArtifactFolder _artifacts;
    private readonly SessionSettings _settings;
    private readonly RuntimeGraph _training;
    private readonly Lazy<RuntimeGraph> _evaluation;
    private readonly Lazy<string> _folder = new(() => Directory.CreateTempSubdirectory("onnxpipe-").FullName);
    private readonly byte[][] _parameters;
    private readonly RuntimeInput[] _inputs;
    private byte[][][] _moments = [];
    private RuntimeSession? _session;
    private IDisposableReadOnlyCollection<OrtValue>? _last;
    private IReadOnlyList<TensorSpec> _lastOutputs = [];
    private bool _copiesAreOld; // the runtime has gone on since they were taken
    private long _step;

    private OrtTrainingEngine(ArtifactFolder artifacts, SessionSettings settings)
    {
        (_artifacts, _settings) = (artifacts, settings);
        var checkpoint = OdtcCheckpoint.Read(artifacts.Checkpoint);
        var saved = checkpoint.Trainable.Concat(checkpoint.Frozen).ToDictionary(parameter => parameter.Name, parameter => parameter.Tensor);
        var known = saved.Keys.ToHashSet();
        _training = RuntimeGraph.Of(ModelFile.Load(artifacts.TrainingModel).Graph, known);
        _evaluation = new(() => RuntimeGraph.Of(ModelFile.Load(artifacts.EvalModel).Graph, known));
        Parameters = [.. _training.Parameters.Select(name => new EngineParameter(name, saved[name].Type, saved[name].Dims, _training.Trainable.Contains(name)))];
        _parameters = [.. _training.Parameters.Select(name => saved[name].Bytes.ToArray())];
        checkpoint.Unmap();
        _inputs = [.. _training.Inputs.Select(input => new RuntimeInput(input))];
        FurtherOutputs = [.. _training.Outputs.Skip(1)];
    }

    public IReadOnlyList<TensorSpec> Inputs => _training.Inputs;

    public IReadOnlyList<EngineParameter> Parameters { get; }

    public IReadOnlyList<TensorSpec> FurtherOutputs { get; }

    public IReadOnlyList<TensorSpec> EvaluationOutputs => [.. _evaluation.Value.Outputs.Skip(1)];

    public long Step
    {
        get => _step;
        set
        {
            Take();
            _step = value;
        }
    }

    public int Moments => _moments.Length;

    /// <summary>Loads a folder of artifacts and the parameters of its checkpoint.</summary>
    /// <exception cref="PipelineException">This build has no training runtime; a file is missing, cannot be read, or is not what it should be.</exception>
    public static OrtTrainingEngine Load(ArtifactFolder artifacts, SessionSettings settings)
    {
        if (NativeRuntime.TrainingTrouble is { } trouble)
        {
            throw new OrtException($"Microsoft's TrainingSession cannot be used: {trouble}");
        }

        if (settings.Device.Gpu is not null)
        {
            throw new OrtException($"Microsoft's TrainingSession computes on the CPU here, not on {settings.Device}; the stock engine computes there.");
        }

        foreach (var file in new[] { artifacts.TrainingModel, artifacts.EvalModel, artifacts.OptimizerModel, artifacts.Checkpoint })
        {
            if (!File.Exists(file))
            {
                throw new OrtException($"The artifacts have no {Path.GetFileName(file)}; Microsoft's TrainingSession needs those made with --target ort-training and an optimizer.");
            }
        }

        return new OrtTrainingEngine(artifacts, settings);
    }

    /// <summary>Makes room for the moments; the rule itself stands in the optimizer graph.</summary>
    public void UseOptimizer(OptimizerSettings settings)
    {
        var moments = settings.Kind == "adamw" ? 2 : 0;
        _moments = [.. Enumerable.Range(0, moments).Select(_ => Parameters.Select(parameter => parameter.Trainable ? new byte[4 * parameter.Count] : []).ToArray())];
    }

    public Span<byte> Input(int input, ReadOnlySpan<long> dims) => _inputs[input].Reshape(dims);

    public float ForwardBackward(float weight, long seed, long step) => weight == 1
        ? Loss(Open(seed).TrainStep([.. _inputs.Select(input => input.Value)]), _training.Outputs)
        : throw new OrtException($"A micro-batch has the weight {weight}; Microsoft's TrainingSession sums gradients, and only whole batches can be had.");

    public float Evaluate()
    {
        var inputs = _evaluation.Value.Inputs.Select(wanted => _inputs.First(input => input.Spec.Name == wanted.Name).Value);
        return Loss(Open(0).EvalStep([.. inputs]), _evaluation.Value.Outputs);
    }

    public Tensor FurtherOutput(int output) => TensorValues.Copy(_lastOutputs[output + 1].Name, (_last ?? throw new InvalidOperationException("Nothing was computed yet."))[output + 1]);

    public void ClearGradients() => _session?.ResetGradients();

    public double? GradientNorm() => null;

    public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale)
    {
        (_session ?? throw new InvalidOperationException("Nothing was computed yet.")).OptimizerStep(learningRates[0]);
        _copiesAreOld = true;
        _step++;
    }

    public ReadOnlyMemory<byte> Parameter(int parameter)
    {
        Refresh();
        return _parameters[parameter];
    }

    public void SetParameter(int parameter, ReadOnlySpan<byte> value)
    {
        Take();
        value.CopyTo(_parameters[parameter]);
    }

    public ReadOnlyMemory<byte> Gradient(int parameter) => throw new OrtException("Microsoft's TrainingSession does not give its gradients; the stock engine does.");

    public ReadOnlyMemory<byte> Moment(int parameter, int moment)
    {
        Refresh();
        return _moments[moment][parameter];
    }

    public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value)
    {
        Take();
        value.CopyTo(_moments[moment][parameter]);
    }

    public void Dispose()
    {
        _last?.Dispose();
        _session?.Dispose();
        Array.ForEach(_inputs, input => input.Dispose());
        if (_folder.IsValueCreated)
        {
            Directory.Delete(_folder.Value, recursive: true);
        }
    }

    private float Loss(IDisposableReadOnlyCollection<OrtValue> outputs, IReadOnlyList<TensorSpec> specs)
    {
        _last?.Dispose();
        (_last, _lastOutputs) = (outputs, specs);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }

    /// <summary>A session that goes on from the copies.</summary>
    private RuntimeSession Open(long seed)
    {
        if (_session is null)
        {
            var path = Path.Combine(_folder.Value, "checkpoint");
            var content = EngineCheckpoint.Of(this, rate: 1e-3f);
            (_moments.Length > 0 || _step > 0 ? content : content with { OptimizerGroups = [] }).Write(path);
            _session = new RuntimeSession(_artifacts, path, _settings, seed);
            Remove(path);
        }

        return _session;
    }

    /// <summary>Brings the copies up to date and ends the session: something in them is about to change.</summary>
    private void Take()
    {
        Refresh();
        _session?.Dispose();
        _session = null;
    }

    private void Refresh()
    {
        if (!_copiesAreOld)
        {
            return;
        }

        var path = Path.Combine(_folder.Value, "state");
        _session!.Save(path);
        var content = OdtcCheckpoint.Read(path);
        var values = content.Trainable.Concat(content.Frozen).ToDictionary(parameter => parameter.Name, parameter => parameter.Tensor);
        var states = content.OptimizerGroups!.First(group => group.Name == EngineCheckpoint.Group).States.ToDictionary(state => state.Parameter, state => state.Momentums);
        for (var i = 0; i < Parameters.Count; i++)
        {
            values[Parameters[i].Name].Bytes.CopyTo(_parameters[i]);
            for (var m = 0; m < _moments.Length && Parameters[i].Trainable; m++)
            {
                states[Parameters[i].Name].First(moment => moment.Name == EngineCheckpoint.NameOf(m)).Tensor.Bytes.CopyTo(_moments[m][i]);
            }
        }

        content.Unmap();
        Remove(path);
        _copiesAreOld = false;
    }

    private static void Remove(string checkpoint)
    {
        File.Delete(checkpoint);
        File.Delete(OdtcCheckpoint.DataPathOf(checkpoint));
    }

    /// <summary>The memory of one input, which grows to the largest shape seen.</summary>
    private sealed class RuntimeInput(TensorSpec spec) : IDisposable
    {
        private readonly BatchInput _memory = new(spec);
        private OrtValue? _value;

        public TensorSpec Spec => _memory.Spec;

        public OrtValue Value => _value ?? throw new OrtException($"Input '{Spec.Name}' was not given; wanted {Spec}.");

        public unsafe Span<byte> Reshape(ReadOnlySpan<long> dims)
        {
            var bytes = _memory.Reshape(dims);
            _value?.Dispose();
            fixed (byte* start = bytes) // native memory: it does not move
            {
                _value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, (TensorElementType)Spec.Type, dims.ToArray(), (nint)start, bytes.Length);
            }

            return bytes;
        }

        public void Dispose()
        {
            _value?.Dispose();
            _memory.Dispose();
        }
    }
}
