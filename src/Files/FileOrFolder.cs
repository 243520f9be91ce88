namespace OnnxPipeline.Files;

/// <summary>What a path names, whichever it is: a file, a folder, or a link, which is taken as itself: what it names is somebody else's.</summary>
public static class FileOrFolder
{
    /// <summary>Whether there is something, be it a link that leads nowhere.</summary>
    public static bool Exists(string path) => Directory.Exists(path) || new FileInfo(path) is { Exists: true } or { LinkTarget: not null };

    /// <summary>Renames it. Throws as <see cref="Directory.Move"/> and <see cref="File.Move(string, string)"/> do.</summary>
    public static void Move(string from, string to)
    {
        if (IsFolder(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to);
        }
    }

    /// <summary>Removes it, a folder with all that is in it; nothing happens where there is nothing.</summary>
    public static void Remove(string path)
    {
        if (IsFolder(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (Exists(path))
        {
            File.Delete(path);
        }
    }

    private static bool IsFolder(string path) => Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null;
}
