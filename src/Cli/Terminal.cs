using System.Text;

namespace OnnxPipeline.Cli;

/// <summary>Where the program reads and writes. Everything is UTF-8 with <c>\n</c>, whatever the locale.</summary>
internal sealed class Terminal(TextReader input, TextWriter output, TextWriter error, bool outputIsLive, bool errorIsLive) : IDisposable
{
    public TextReader Input { get; } = input;

    /// <summary>Results.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Progress, warnings, errors.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether a person looks at <see cref="Output"/>: tables get borders.</summary>
    public bool OutputIsLive { get; } = outputIsLive;

    /// <summary>Whether a person looks at <see cref="Error"/>: progress rewrites its line.</summary>
    public bool ErrorIsLive { get; } = errorIsLive;

    /// <summary>The process's own streams.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(false);
        if (OperatingSystem.IsWindows())
        {
            Console.OutputEncoding = utf8; // a Windows console shows bytes in its code page
        }

        var capable = Environment.GetEnvironmentVariable("TERM") is not "dumb";
        return new Terminal(
            new StreamReader(Console.OpenStandardInput(), utf8),
            new StreamWriter(Console.OpenStandardOutput(), utf8) { NewLine = "\n" },
            new StreamWriter(Console.OpenStandardError(), utf8) { NewLine = "\n", AutoFlush = true },
            capable && !Console.IsOutputRedirected,
            capable && !Console.IsErrorRedirected);
    }

    public void Dispose()
    {
        Input.Dispose();
        Output.Dispose();
        Error.Dispose();
    }
}
