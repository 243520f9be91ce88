namespace OnnxPipeline.Cli;

/// <summary>Commands that a result proposes are there to be copied.</summary>
internal static class ShellWord
{
    /// <summary>A path as one word of a shell's command line: as it is, or in quotes where something in it would end the word or be replaced.</summary>
    public static string Of(string path) => path.All(c => char.IsLetterOrDigit(c) || c == Path.DirectorySeparatorChar || "/:._-+=,@".Contains(c)) ? path
        : OperatingSystem.IsWindows() ? $"\"{path}\""
        : $"'{path.Replace("'", @"'\''")}'";
}
