namespace OnnxPipeline.Training;

/// <summary>
/// Shows with every evaluation what the model makes of the evaluation text. What is shown follows from the text, the seed and the step, and nothing of the training changes
/// by it.
/// </summary>
public interface ISampler : IDisposable
{
    /// <summary>The sample after so many steps.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    Sample After(long step, CancellationToken cancellation);
}
