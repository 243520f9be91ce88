using OnnxPipeline.Files;

namespace OnnxPipeline.Artifacts;

/// <summary>A model or options of which no training artifacts can be made; the message names the value, the node or the flag.</summary>
public sealed class ArtifactsException(string message) : PipelineException(message);
