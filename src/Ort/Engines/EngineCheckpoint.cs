using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// An engine's parameters and optimizer state as Microsoft's training runtime reads and writes them: sorted by name, the moments in <c>group0</c>. Of an
/// optimizer without moments (SGD without momentum) it has the zeros that the runtime wants to find.
/// </summary>
public static class EngineCheckpoint
{
    /// <summary>The only group that the runtime knows.</summary>
    public const string Group = "group0";

    /// <summary>What the runtime calls moment number <paramref name="moment"/>.</summary>
    public static string NameOf(int moment) => $"momentum{moment}";

    /// <summary>The content; tensors are the engine's own memory.</summary>
    /// <param name="rate">Where the runtime's own schedule would start.</param>
    public static OdtcCheckpoint Of(ITrainingEngine engine, float rate)
    {
        var order = Enumerable.Range(0, engine.Parameters.Count).OrderBy(i => engine.Parameters[i].Name, StringComparer.Ordinal).ToArray();
        var zeros = engine.Moments > 0 ? [] : new byte[engine.Parameters.Where(p => p.Trainable).Select(p => 4 * p.Count).DefaultIfEmpty().Max()];
        return new OdtcCheckpoint
        {
            Trainable = Named(trainable: true),
            Frozen = Named(trainable: false),
            OptimizerGroups =
            [
                new(Group, engine.Step, rate, [.. order.Where(i => engine.Parameters[i].Trainable).Select(i => new ParameterState(engine.Parameters[i].Name,
                    [.. Enumerable.Range(0, Math.Max(engine.Moments, 1)).Select(m => new NamedTensor(NameOf(m), Moment(i, m)))]))]),
            ],
        };

        NamedTensor[] Named(bool trainable) =>
            [.. order.Where(i => engine.Parameters[i].Trainable == trainable).Select(i => new NamedTensor(engine.Parameters[i].Name, new(engine.Parameters[i].Type, [.. engine.Parameters[i].Dims], engine.Parameter(i))))];

        Tensor Moment(int parameter, int moment) => new(ElementType.Float, [.. engine.Parameters[parameter].Dims],
            engine.Moments > 0 ? engine.Moment(parameter, moment) : zeros.AsMemory(0, (int)(4 * engine.Parameters[parameter].Count)));
    }
}
