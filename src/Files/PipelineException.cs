namespace OnnxPipeline.Files;

/// <summary>
/// The base of every error that a user can cause and mend: its message says what failed, where (file, node, tensor, line),
/// what was found, what was wanted and what to do. Each layer has one sealed type of its own. The command line prints the message
/// after <c>error: </c> and ends with <see cref="ExitCode"/>; any other exception is a bug of ours.
/// </summary>
public abstract class PipelineException : Exception
{
    protected PipelineException(string message, Exception? inner = null, int exitCode = 1)
        : base(message, inner) => ExitCode = exitCode;

    /// <summary>1 failed · 2 a gate or a verification was not met · 64 wrong usage.</summary>
    public int ExitCode { get; }
}
