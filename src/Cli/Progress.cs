using System.Diagnostics;

namespace OnnxPipeline.Cli;

/// <summary>
/// Standard error while a verb works. <see cref="Update"/> rewrites one line on a terminal and writes a plain line now and then elsewhere;
/// with <c>--quiet</c> only warnings and errors remain. Safe to call from several threads.
/// </summary>
internal sealed class Progress(Terminal terminal, bool quiet)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private long last;
    private bool open;

    /// <summary>A line that stays.</summary>
    public void Say(string line)
    {
        if (!quiet)
        {
            Write(line);
        }
    }

    /// <summary>Something that a person should know; also with <c>--quiet</c>.</summary>
    public void Warn(string text) => Write("warning: " + text);

    /// <summary>Where the work stands. <paramref name="text"/> is one line; it is replaced by the next.</summary>
    public void Update(string text)
    {
        if (quiet)
        {
            return;
        }

        lock (gate)
        {
            if (terminal.ErrorIsLive)
            {
                var width = Math.Max(20, Console.WindowWidth - 1);
                terminal.Error.Write("\r\u001b[K" + (text.Length > width ? text[..width] : text));
                open = true;
            }
            else if (last == 0 || Stopwatch.GetElapsedTime(last) >= Pause)
            {
                last = Stopwatch.GetTimestamp();
                terminal.Error.WriteLine(text);
            }
        }
    }

    /// <summary>Ends the live line, so that what follows starts on a new one.</summary>
    public void Close()
    {
        lock (gate)
        {
            if (open)
            {
                terminal.Error.WriteLine();
                open = false;
            }
        }
    }

    private void Write(string line)
    {
        lock (gate)
        {
            if (open)
            {
                terminal.Error.Write("\r\u001b[K");
                open = false;
            }

            terminal.Error.WriteLine(line);
        }
    }
}
