namespace OnnxPipeline.Files;

/// <summary>A place in a data file, in bytes.</summary>
public sealed record ManifestData(long Offset, long Length);
