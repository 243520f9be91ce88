namespace OnnxPipeline.Files;

/// <summary>A file that is either as before or complete.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes beside <paramref name="path"/> as <c>.NAME.partial</c>, flushes to disk, renames. A failure leaves what was there before and nothing beside it.
    /// </summary>
    /// <exception cref="FileFormatException">The file cannot be written: no such folder, no permission, a full disk.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var partial = OutputTarget.Beside(path, "partial");
        try
        {
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e)
        {
            Remove(partial);
            if (WriteFailure.Is(e))
            {
                throw new FileFormatException($"{path} cannot be written: {WriteFailure.Reason(e)}.", e);
            }

            throw;
        }
    }

    /// <summary>Removes a file if it is there and may be removed.</summary>
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that brought us here is the one to report.
        }
    }
}
