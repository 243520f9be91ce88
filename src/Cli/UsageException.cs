using OnnxPipeline.Files;

namespace OnnxPipeline.Cli;

/// <summary>A combination of flags that makes no sense; what one flag alone can get wrong is refused by its parser.</summary>
internal sealed class UsageException(string message) : PipelineException(message, exitCode: ExitCodes.Usage);
