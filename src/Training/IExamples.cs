using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>Training or evaluation data: examples by number, the same content for the same number and epoch however often it is asked for.</summary>
public interface IExamples
{
    /// <summary>Examples in one epoch.</summary>
    long Count { get; }

    /// <summary>What <see cref="Counted"/> counts: <c>tokens</c> (label positions) or <c>examples</c>.</summary>
    string Unit { get; }

    /// <summary>Outputs of the evaluation graph, float32 [2], whose quotient (sums over all batches, first by second) is reported under their name.</summary>
    IReadOnlyList<string> Metrics => [];

    /// <summary>
    /// What <paramref name="rows"/> weigh in a mean over several micro-batches: label positions that count where the loss is one mean over
    /// positions, examples otherwise.
    /// </summary>
    long Counted(long epoch, ReadOnlySpan<long> rows);

    /// <summary>Writes the examples into the engine's input memory.</summary>
    void Fill(ITrainingEngine engine, long epoch, ReadOnlySpan<long> rows);
}
