namespace OnnxPipeline.Files;

/// <summary>Exceptions by which .NET says that a file cannot be written: no room, no permission, too large.</summary>
public static class WriteFailure
{
    /// <summary>Whether it is one of them.</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException || IsTooLarge(e);

    /// <summary>What it says, as the end of a sentence, without its full stop.</summary>
    public static string Reason(Exception e) => IsTooLarge(e)
        ? "it would be larger than its file system, or a limit of the process, allows"
        : e.Message.TrimEnd('.');

    /// <summary>What the system calls EFBIG; the name is that of the parameter of <see cref="Stream.SetLength"/>, also where nobody called it.</summary>
    private static bool IsTooLarge(Exception e) => e is ArgumentOutOfRangeException { ParamName: "value", ActualValue: null };
}
