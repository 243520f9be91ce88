namespace OnnxPipeline.Files;

/// <summary>Opens what the user named, and says in one sentence why it cannot be.</summary>
public static class InputFile
{
    /// <summary>Opens a file for reading; others may read, rename and delete it meanwhile.</summary>
    /// <exception cref="FileFormatException">There is no such file, it is a folder, a pipe or a device, or it may not be read.</exception>
    public static FileStream OpenRead(string path)
    {
        var stream = Try(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));
        if (stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        throw new FileFormatException($"{path} is a pipe or a device; a file was wanted. Write what it gives into a file first.");
    }

    /// <summary>The whole of a small file.</summary>
    /// <exception cref="FileFormatException">As <see cref="OpenRead"/>, or it has more than <paramref name="limit"/> bytes.</exception>
    public static byte[] ReadAllBytes(string path, long limit = 256 << 20)
    {
        using var stream = OpenRead(path);
        if (stream.Length > limit)
        {
            throw new FileFormatException($"{path} has {stream.Length} bytes; such a file has at most {limit}.");
        }

        return Try(path, () =>
        {
            using var copy = new MemoryStream((int)stream.Length);
            stream.CopyTo(copy);
            return copy.ToArray();
        });
    }

    /// <summary>
    /// The path of a file that another file names: inside <paramref name="folder"/>, never absolute, never through <c>..</c>, and never
    /// through a link that leaves the folder unless <paramref name="followLinks"/>.
    /// </summary>
    /// <exception cref="FileFormatException">It points elsewhere; the message names <paramref name="namedBy"/>.</exception>
    public static string Inside(string folder, string name, string namedBy, bool followLinks = false)
    {
        var parts = name.Split('/', '\\');
        if (name.Length == 0 || name.Contains('\0') || Path.IsPathRooted(name) || name.Contains(':') || parts.Contains("..") || parts.Contains(""))
        {
            throw new FileFormatException($"{namedBy} names the file '{name}'; only files inside {folder} are read: no absolute path and no '..'.");
        }

        var path = Path.Combine([folder, .. parts]);
        if (followLinks)
        {
            return path;
        }

        var root = Real(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        var real = Real(Path.GetFullPath(path));
        return real.StartsWith(root, StringComparison.Ordinal)
            ? path
            : throw new FileFormatException($"{namedBy} names the file '{name}', a link to {real} outside {folder}; --follow-links (of inspect, artifacts and export) allows it.");
    }

    private static string Real(string path)
    {
        // Each part is resolved, because a link may stand anywhere on the way.
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            real = info.LinkTarget is null ? next : Try(path, () => info.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        }

        return Path.TrimEndingDirectorySeparator(real);
    }

    private static T Try<T>(string path, Func<T> open)
    {
        if (Directory.Exists(path) && typeof(T) == typeof(FileStream))
        {
            throw new FileFormatException($"{path} is a folder; a file was wanted.");
        }

        try
        {
            return open();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileFormatException($"{path} does not exist.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new FileFormatException($"{path} may not be read: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            throw new FileFormatException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
