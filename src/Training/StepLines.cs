using System.Text;

namespace OnnxPipeline.Training;

/// <summary>A text file that grows by lines, each of a step; a line is in the file when it was added, so that a killed run shows what it did.</summary>
internal sealed class StepLines : IDisposable
{
    private readonly FileStream _stream;

    private StepLines(FileStream stream) => _stream = stream;

    /// <summary>Opens the file for appending; from the first line on that is not to stay, or has no end, it is cut.</summary>
    /// <param name="header">The first line; null: there is none.</param>
    /// <param name="stays">Whether a line is one of this file, and of a step that stays as it is.</param>
    public static StepLines Open(string path, string? header, Func<string, bool> stays)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        stream.SetLength(KeptLength(stream, header, stays));
        stream.Seek(0, SeekOrigin.End);
        var file = new StepLines(stream);
        if (stream.Length == 0 && header is not null)
        {
            file.Add(header);
        }

        return file;
    }

    public void Add(string line)
    {
        _stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _stream.Flush();
    }

    /// <summary>Everything written so far is on the disk.</summary>
    public void Sync() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    private static long KeptLength(FileStream stream, string? header, Func<string, bool> stays)
    {
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var kept = 0;
        while (bytes.AsSpan(kept).IndexOf((byte)'\n') is var length and >= 0)
        {
            var line = Encoding.UTF8.GetString(bytes, kept, length);
            if (kept == 0 && header is not null ? line != header : !stays(line))
            {
                break;
            }

            kept += length + 1;
        }

        return kept;
    }
}
