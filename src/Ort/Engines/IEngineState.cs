namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// What <see cref="StockEngine"/> keeps between computations, where it computes: parameters, gradients, optimizer state, and the arithmetic on
/// them outside the step graph. Bytes that it gives are of that moment; their memory stays the same and ends with it.
/// </summary>
internal interface IEngineState : IDisposable
{
    /// <summary>Parameter number <paramref name="parameter"/> as ONNX Runtime binds it; always the same.</summary>
    nint Tensor(int parameter);

    ReadOnlyMemory<byte> Parameter(int parameter);

    void SetParameter(int parameter, ReadOnlySpan<byte> value);

    /// <summary>Where the next computation writes the gradients of the trainable parameters, in their order.</summary>
    nint[] GradientTargets();

    /// <summary>Adds <paramref name="weight"/> × what was written to <see cref="GradientTargets"/>.</summary>
    void AddGradients(float weight);

    void ClearGradients();

    /// <inheritdoc cref="ITrainingEngine.GradientNorm"/>
    double GradientNorm();

    /// <summary>The gradient of a trainable parameter.</summary>
    ReadOnlyMemory<byte> Gradient(int parameter);

    /// <summary>Makes the state of an update rule, all zeros.</summary>
    void UseOptimizer(OptimizerSettings settings);

    /// <summary>0 before <see cref="UseOptimizer"/>.</summary>
    int Moments { get; }

    ReadOnlyMemory<byte> Moment(int parameter, int moment);

    void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value);

    /// <summary>Updates every trainable parameter.</summary>
    /// <param name="step">1 for the first.</param>
    void Update(ReadOnlySpan<float> learningRates, float gradientScale, long step);
}
