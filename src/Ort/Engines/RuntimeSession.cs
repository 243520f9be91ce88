using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Engines;

/// <summary>Microsoft's TrainingSession on an artifacts folder, begun from a checkpoint file. Only members that 1.19 has are used.</summary>
internal sealed class RuntimeSession : IDisposable
{
    private readonly string _name;
    private readonly CheckpointState _state; // outlives the session, which works on it
    private readonly TrainingSession _session;

    /// <param name="seed">Of dropout, whose generator no checkpoint holds.</param>
    /// <exception cref="OrtException">The runtime refuses the files.</exception>
    public RuntimeSession(ArtifactFolder artifacts, string checkpoint, SessionSettings settings, long seed)
    {
        _name = artifacts.Folder;
        using var options = SessionOpening.Options(settings with { Kernels = false });
        CheckpointState? state = null;
        try
        {
            TrainingUtils.SetSeed(seed);
            state = CheckpointState.LoadCheckpoint(Path.GetFullPath(checkpoint));
            _session = new TrainingSession(options, state, artifacts.TrainingModel, artifacts.EvalModel, artifacts.OptimizerModel);
            _state = state;
        }
        catch (OnnxRuntimeException e)
        {
            state?.Dispose();
            throw new OrtException($"{_name}: Microsoft's training runtime refuses the artifacts: {NativeRuntime.Line(e)}", e);
        }
    }

    /// <summary>Forward and backward; what it gives is the caller's.</summary>
    public IDisposableReadOnlyCollection<OrtValue> TrainStep(IReadOnlyCollection<OrtValue> inputs) => Call(() => _session.TrainStep(inputs));

    /// <inheritdoc cref="TrainStep"/>
    public IDisposableReadOnlyCollection<OrtValue> EvalStep(IReadOnlyCollection<OrtValue> inputs) => Call(() => _session.EvalStep(inputs));

    /// <summary>The next TrainStep overwrites the gradients.</summary>
    public void ResetGradients() => Call(() =>
    {
        _session.LazyResetGrad();
        return 0;
    });

    public void OptimizerStep(float learningRate) => Call(() =>
    {
        _session.SetLearningRate(learningRate);
        _session.OptimizerStep();
        return 0;
    });

    /// <summary>Writes parameters and optimizer state.</summary>
    public void Save(string path) => Call(() =>
    {
        CheckpointState.SaveCheckpoint(_state, path, includeOptimizerState: true);
        return 0;
    });

    public void Dispose()
    {
        _session.Dispose();
        _state.Dispose();
    }

    private T Call<T>(Func<T> call)
    {
        try
        {
            using var scope = DenormalScope.Enter();
            return call();
        }
        catch (OnnxRuntimeException e)
        {
            throw new OrtException($"{_name} could not be computed by Microsoft's training runtime: {NativeRuntime.Line(e)}", e);
        }
    }
}
