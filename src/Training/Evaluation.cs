using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>What a pass over evaluation data found.</summary>
/// <param name="Loss">The mean over what counts; 0 where nothing does.</param>
/// <param name="Metrics">In the order of <see cref="IExamples.Metrics"/>; null where there was nothing to divide by.</param>
internal sealed record Evaluation(float Loss, IReadOnlyList<float?> Metrics)
{
    /// <summary>Evaluates all examples in their order, epoch 0.</summary>
    /// <param name="batch">Examples at a time.</param>
    /// <exception cref="OperationCanceledException">Cancelled, between two batches.</exception>
    public static Evaluation Of(ITrainingEngine engine, IExamples examples, int batch, CancellationToken cancellation)
    {
        var plan = new StepPlan(examples.Count, batch, 1, shuffle: false, seed: 0);
        var outputs = examples.Metrics.Select(name => engine.EvaluationOutputs.Index().First(output => output.Item.Name == name).Index).ToArray();
        var (parts, wholes) = (new double[outputs.Length], new double[outputs.Length]);
        double loss = 0;
        long total = 0;
        for (var i = 0L; i < plan.Batches; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var rows = plan.RowsOf(i, 0);
            var counted = examples.Counted(0, rows);
            if (counted == 0)
            {
                continue;
            }

            examples.Fill(engine, 0, rows);
            loss += (double)engine.Evaluate() * counted;
            total += counted;
            for (var m = 0; m < outputs.Length; m++)
            {
                var values = engine.FurtherOutput(outputs[m]).As<float>();
                (parts[m], wholes[m]) = (parts[m] + values[0], wholes[m] + values[1]);
            }
        }

        return new(total > 0 ? (float)(loss / total) : 0, [.. parts.Zip(wholes, (part, whole) => whole > 0 ? (float)(part / whole) : (float?)null)]);
    }
}
