using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>A symbolic link that names the old or the new target at every moment.</summary>
public static partial class AtomicLink
{
    /// <summary>Points the link <paramref name="path"/> at <paramref name="target"/> (a name relative to the link's folder). Not on Windows, where links need a privilege.</summary>
    /// <exception cref="FileFormatException">The link cannot be made or exchanged.</exception>
    public static void Point(string path, string target)
    {
        var fresh = OutputTarget.Beside(path, "partial");
        try
        {
            File.Delete(fresh);
            File.CreateSymbolicLink(fresh, target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileFormatException($"The link {path} cannot be made: {e.Message}", e);
        }

        // File.Move follows links, rename(2) does not.
        if (Rename(fresh, path) != 0)
        {
            var reason = Marshal.GetLastPInvokeErrorMessage();
            File.Delete(fresh);
            throw new FileFormatException($"The link {path} cannot be pointed at {target}: {reason}");
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Rename(string from, string to);
}
