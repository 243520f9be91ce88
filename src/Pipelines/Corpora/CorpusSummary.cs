namespace OnnxPipeline.Pipelines.Corpora;

/// <summary>What a corpus was made of.</summary>
/// <param name="Members">Documented members that were read.</param>
/// <param name="Types">Types that had something new to say.</param>
/// <param name="Sentences">Different ones.</param>
public sealed record CorpusSummary(int Files, int Members, int Types, int Sentences, long TrainingBytes, long ValidationBytes);
