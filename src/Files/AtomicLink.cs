using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>A symbolic link that names the old or the new target at every moment.</summary>
public static partial class AtomicLink
{
    /// <summary>
    /// Points the link <paramref name="path"/> at <paramref name="target"/> (a name relative to the link's folder). False, and all is as before, where that cannot be done: on
    /// Windows, where links need a privilege; in a file system without links (FAT, some network drives); where a folder has the name.
    /// </summary>
    public static bool TryPoint(string path, string target)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        var fresh = OutputTarget.Beside(path, "partial");
        try
        {
            File.Delete(fresh);
            File.CreateSymbolicLink(fresh, target);
            if (Rename(fresh, path) == 0) // File.Move follows links, rename(2) does not
            {
                return true;
            }

            File.Delete(fresh);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The caller does without a link.
        }

        return false;
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string from, string to);
}
