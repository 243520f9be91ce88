using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>
/// A checkpoint as Microsoft's training runtime reads and writes it (<see cref="EngineCheckpoint"/>), so that a run can go on there and come back.
/// </summary>
internal static class RuntimeCheckpoint
{
    /// <summary>The bytes that <see cref="Save"/> writes; null where the format cannot hold the optimizer's state, which has to be in the first 2 GiB.</summary>
    public static long? BytesOf(ITrainingEngine engine)
    {
        const long PerTensor = 512;
        var parameters = engine.Parameters.Sum(p => p.Type.ByteCount(p.Count));
        var moments = engine.Parameters.Where(p => p.Trainable).Sum(p => 4 * p.Count) * Math.Max(engine.Moments, 1);
        var rest = engine.Parameters.Sum(p => (p.Name.Length + PerTensor) * (2 + engine.Moments));
        var inline = moments + rest + (parameters < OdtcCheckpoint.ExternalDataFrom ? parameters : 0);
        return inline < int.MaxValue ? parameters + moments + rest : null;
    }

    /// <summary>Writes parameters and optimizer state, as the runtime orders them.</summary>
    /// <param name="path">A new file.</param>
    /// <param name="rate">Where the runtime's own schedule would start.</param>
    public static void Save(ITrainingEngine engine, string path, float rate) => EngineCheckpoint.Of(engine, rate).Write(path);

    /// <summary>Puts parameters and optimizer state into the engine, whose optimizer is chosen. A file without state, or a tensor file, leaves the optimizer at its start.</summary>
    /// <exception cref="PipelineException">The file belongs to another model, or its state to another optimizer.</exception>
    public static void Load(ITrainingEngine engine, string path)
    {
        var content = EngineParameters.Load(engine, path);
        if (content?.OptimizerGroups?.FirstOrDefault(group => group.Name == EngineCheckpoint.Group) is not { } group)
        {
            return;
        }

        if (group.Step < 0)
        {
            throw new TrainingException($"{path} says that its optimizer has done {group.Step} steps; 0 or more were wanted. The file is damaged.");
        }

        var states = group.States.ToDictionary(state => state.Parameter, state => state.Momentums);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            if (engine.Parameters[i].Trainable)
            {
                var name = engine.Parameters[i].Name;
                Take(engine, i, states.GetValueOrDefault(name) ?? throw new TrainingException($"{path} has an optimizer's state, but none of '{name}', which is trained here."), path);
            }
        }

        engine.Step = group.Step;
    }

    private static void Take(ITrainingEngine engine, int index, IReadOnlyList<NamedTensor> moments, string path)
    {
        var parameter = engine.Parameters[index];
        if (moments.Count != Math.Max(engine.Moments, 1))
        {
            throw new TrainingException($"{path} has {moments.Count} moments of '{parameter.Name}', the optimizer of this run keeps {engine.Moments}: it was written by another one (AdamW has 2, SGD at most 1). Choose that with --optimizer.");
        }

        for (var m = 0; m < engine.Moments; m++)
        {
            var found = moments.FirstOrDefault(tensor => tensor.Name == EngineCheckpoint.NameOf(m))?.Tensor;
            var moment = StoredTensor.Checked(path, $"{EngineCheckpoint.NameOf(m)} of {parameter.Name}", found, ElementType.Float, parameter.Dims, moments.Select(t => $"{t.Name} of {parameter.Name}"));
            engine.SetMoment(index, m, moment.Bytes.Span);
        }
    }
}
