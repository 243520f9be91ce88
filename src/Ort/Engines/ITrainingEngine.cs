using OnnxPipeline.Files;

namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// One model in training: its parameters, gradients and optimizer state, and the two computations on them. The loop (batches, schedules,
/// accumulation, files) is the caller's. Gradients are those of the mean loss of a micro-batch, weighted and summed until <see cref="ClearGradients"/>.
/// Bytes that it gives of parameters, gradients and moments are of that moment, in memory that stays the same and ends with the engine: after a
/// computation they are asked for anew. Not thread-safe.
/// </summary>
public interface ITrainingEngine : IDisposable
{
    /// <summary>What a batch consists of, labels included, in graph order.</summary>
    IReadOnlyList<TensorSpec> Inputs { get; }

    /// <summary>In parameter order: that of the training graph's inputs.</summary>
    IReadOnlyList<EngineParameter> Parameters { get; }

    /// <summary>Outputs of the training and evaluation graphs after the loss.</summary>
    IReadOnlyList<TensorSpec> FurtherOutputs { get; }

    /// <summary>Outputs of the evaluation graph after the loss, which may be more; asking for them loads that graph.</summary>
    IReadOnlyList<TensorSpec> EvaluationOutputs => FurtherOutputs;

    /// <summary>Optimizer steps done so far; part of the state that a checkpoint holds.</summary>
    long Step { get; set; }

    /// <summary>Chooses the update rule and makes its state, all zeros. Called once, before the first <see cref="OptimizerStep"/>.</summary>
    void UseOptimizer(OptimizerSettings settings);

    /// <summary>The memory of input number <paramref name="input"/> for the next computation, to be filled by the caller; valid until the next call for the same input.</summary>
    /// <param name="dims">The shape it will have.</param>
    /// <exception cref="OrtException">The shape does not fit <see cref="Inputs"/>.</exception>
    Span<byte> Input(int input, ReadOnlySpan<long> dims);

    /// <summary>Forward and backward on the batch that <see cref="Input"/> was given; adds <paramref name="weight"/> × gradient to every gradient.</summary>
    /// <param name="seed">Of this run and micro-batch: the counter-based dropout masks follow from it and from <paramref name="step"/>.</param>
    /// <returns>The loss of this micro-batch.</returns>
    float ForwardBackward(float weight, long seed, long step);

    /// <summary>The loss of the batch by the evaluation graph: no dropout, nothing changed.</summary>
    float Evaluate();

    /// <summary>Output number <paramref name="output"/> of <see cref="FurtherOutputs"/> (after <see cref="Evaluate"/> of <see cref="EvaluationOutputs"/>) of the last computation; a copy.</summary>
    Tensor FurtherOutput(int output);

    void ClearGradients();

    /// <summary>
    /// The L2 norm over all trainable gradients; the same bits whatever the number of threads. Null where the runtime does not tell: it clips by
    /// itself then, as its optimizer graph says.
    /// </summary>
    double? GradientNorm();

    /// <summary>Updates every trainable parameter with its gradient × <paramref name="gradientScale"/> and counts one <see cref="Step"/>.</summary>
    /// <param name="learningRates">As many as <see cref="OptimizerSettings.LearningRate"/> names, at least one.</param>
    void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale);

    /// <summary>The elements of parameter number <paramref name="parameter"/>.</summary>
    ReadOnlyMemory<byte> Parameter(int parameter);

    /// <param name="value">As many bytes as <see cref="Parameter"/> has.</param>
    void SetParameter(int parameter, ReadOnlySpan<byte> value);

    /// <summary>The gradient of a trainable parameter, float32.</summary>
    /// <exception cref="OrtException">The runtime does not give its gradients.</exception>
    ReadOnlyMemory<byte> Gradient(int parameter);

    /// <summary>How many moments the optimizer keeps of every trainable parameter: AdamW 2, SGD with momentum 1, SGD without 0.</summary>
    int Moments { get; }

    /// <summary>Moment number <paramref name="moment"/> of a trainable parameter, float32.</summary>
    ReadOnlyMemory<byte> Moment(int parameter, int moment);

    /// <param name="value">As many bytes as <see cref="Moment"/> has.</param>
    void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value);
}
