namespace OnnxPipeline.Ort.CustomOps;

/// <summary>Work cut into pieces whatever the number of threads, so that results do not depend on it. Pieces throw nothing.</summary>
internal interface IPieces
{
    /// <summary>Does piece number <paramref name="index"/>.</summary>
    void Run(long index);
}
