namespace OnnxPipeline.Files;

/// <summary>Asks for room before a large write begins.</summary>
public static class FreeSpace
{
    /// <param name="path">A file or folder to be written; it need not exist.</param>
    /// <param name="bytes">What will be written.</param>
    /// <exception cref="FileFormatException">The file system has less.</exception>
    public static void Require(string path, long bytes)
    {
        var folder = Path.GetFullPath(path);
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        long free;
        try
        {
            free = new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return; // a file system that does not tell; the write itself will
        }

        if (free < bytes)
        {
            throw new FileFormatException($"{path} needs {bytes} bytes, but only {free} are free in {folder}: make room or choose another folder.");
        }
    }
}
