using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>
/// The contract of every <c>--out</c>: what exists is replaced only if forced, and as a whole. New content is built beside it as
/// <c>.NAME.partial</c> and takes its place in <see cref="Commit"/>; without that, <see cref="Dispose"/> removes it and all is as before.
/// What a killed process left is removed by the next call with the same path. While one process builds there, another is refused.
/// </summary>
public sealed partial class OutputTarget : IDisposable
{
    private readonly bool _force;
    private readonly string? _createdParent;
    private readonly CancellationToken _cancellation;
    private readonly FileStream _lock;
    private bool _done;

    private OutputTarget(string path, bool force, bool folder, CancellationToken cancellation)
    {
        _force = force;
        _cancellation = cancellation;
        FinalPath = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        Path = Beside(FinalPath, "partial");
        RefuseExisting();
        _createdParent = Guard(() => CreateParent(System.IO.Path.GetDirectoryName(FinalPath)!));
        _lock = Guard(() => Lock(FinalPath));
        try
        {
            Guard(() => Recover(FinalPath));
            RefuseExisting(); // what was put back
            if (folder)
            {
                Guard(() => Directory.CreateDirectory(Path));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the content will be.</summary>
    public string FinalPath { get; }

    /// <summary>Where to build it: an empty folder, or a file that is still to be made.</summary>
    public string Path { get; }

    /// <summary>Begins a folder.</summary>
    /// <param name="cancellation">Once it is cancelled nothing is put in the place any more.</param>
    /// <exception cref="OutputExistsException">There is a file, or a folder that is not empty, and not <paramref name="force"/>.</exception>
    /// <exception cref="FileFormatException">The place cannot be written to, or another process builds there.</exception>
    public static OutputTarget Folder(string path, bool force, CancellationToken cancellation = default) => new(path, force, folder: true, cancellation);

    /// <summary>Begins a file.</summary>
    /// <inheritdoc cref="Folder"/>
    public static OutputTarget File(string path, bool force, CancellationToken cancellation = default) => new(path, force, folder: false, cancellation);

    /// <summary>Asks for room beside the target.</summary>
    /// <exception cref="FileFormatException">There is less.</exception>
    /// <exception cref="OperationCanceledException">There was an interruption.</exception>
    public void RequireSpace(long bytes)
    {
        _cancellation.ThrowIfCancellationRequested();
        FreeSpace.Require(Path, bytes);
    }

    /// <summary>Flushes the new content to disk and puts it in its place; what was there is removed.</summary>
    /// <exception cref="OutputExistsException">Somebody else filled the place meanwhile, and it was not to be replaced.</exception>
    /// <exception cref="OperationCanceledException">There was an interruption: all is as before.</exception>
    public void Commit() => Guard(() =>
    {
        FlushToDisk(Path);
        _cancellation.ThrowIfCancellationRequested();
        RefuseExisting();
        if (!FileOrFolder.Exists(FinalPath))
        {
            FileOrFolder.Move(Path, FinalPath);
        }
        else if (Exchange(Path, FinalPath))
        {
            FileOrFolder.Remove(Path); // the old content, now under the partial name
        }
        else
        {
            var aside = Beside(FinalPath, "replaced");
            FileOrFolder.Move(FinalPath, aside); // killed here: the next call puts it back
            FileOrFolder.Move(Path, FinalPath);
            FileOrFolder.Remove(aside);
        }

        _done = true;
        _lock.Dispose();
    });

    /// <summary>Removes the partial content unless <see cref="Commit"/> is through. Safe to call from another thread while content is being written: what it cannot remove the next call does.</summary>
    public void Dispose()
    {
        if (_done)
        {
            return;
        }

        _done = true;
        try
        {
            FileOrFolder.Remove(Path);
            _lock.Dispose();
            for (var parent = System.IO.Path.GetDirectoryName(FinalPath); _createdParent is not null && parent!.Length >= _createdParent.Length; parent = System.IO.Path.GetDirectoryName(parent))
            {
                Directory.Delete(parent, recursive: false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next call with this path removes it.
        }
    }

    /// <summary>
    /// Removes what a killed process left beside <paramref name="path"/>, and puts back content that it had only renamed aside.
    /// </summary>
    public static void Recover(string path)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        FileOrFolder.Remove(Beside(path, "partial"));
        var aside = Beside(path, "replaced");
        if (FileOrFolder.Exists(aside) && !FileOrFolder.Exists(path))
        {
            FileOrFolder.Move(aside, path);
        }

        FileOrFolder.Remove(aside);
    }

    /// <summary><c>.NAME.SUFFIX</c> in the folder of <paramref name="path"/>.</summary>
    internal static string Beside(string path, string suffix)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        return System.IO.Path.GetDirectoryName(full) is { } parent
            ? System.IO.Path.Combine(parent, $".{System.IO.Path.GetFileName(full)}.{suffix}")
            : throw new OutputExistsException($"{path} is the root of a file system; name something inside it.");
    }

    private void RefuseExisting()
    {
        if (_force || !FileOrFolder.Exists(FinalPath) || (Directory.Exists(FinalPath) && Guard(() => !Directory.EnumerateFileSystemEntries(FinalPath).Any())))
        {
            return;
        }

        throw new OutputExistsException($"{FinalPath} exists{(Directory.Exists(FinalPath) ? " and is not empty" : "")}: choose another --out, or replace the whole of it with --force.");
    }

    /// <summary>The topmost folder that had to be made; null if all were there.</summary>
    private static string? CreateParent(string parent)
    {
        string? created = null;
        for (var at = parent; at is not null && !Directory.Exists(at); at = System.IO.Path.GetDirectoryName(at))
        {
            created = at;
        }

        Directory.CreateDirectory(parent);
        return created;
    }

    /// <summary>A file beside the target that goes with its holder; one that a killed process left does not block.</summary>
    private static FileStream Lock(string path)
    {
        var beside = Beside(path, "lock");
        while (true)
        {
            try
            {
                var held = new FileStream(beside, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                if (System.IO.File.Exists(beside))
                {
                    return held;
                }

                held.Dispose(); // opened before its last holder removed it: it locks nothing
            }
            catch (Exception e) when (RunLock.IsHeld(e))
            {
                throw new FileFormatException($"{path} is being written by another process. Wait for it, or end it.", e);
            }
        }
    }

    private static void FlushToDisk(string path)
    {
        foreach (var file in Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [path])
        {
            if (new FileInfo(file).LinkTarget is null)
            {
                using var handle = System.IO.File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            }
        }
    }

    private void Guard(Action action) => Guard(() =>
    {
        action();
        return true;
    });

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileFormatException($"{FinalPath} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Exchanges two paths in one step where the system can: Linux has a call for it, elsewhere the caller renames twice.</summary>
    private static bool Exchange(string one, string other)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return RenameAt2(CurrentFolder, one, CurrentFolder, other, RenameExchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // a C library without the call
        }
    }

    private const int CurrentFolder = -100; // AT_FDCWD

    private const uint RenameExchange = 2; // RENAME_EXCHANGE

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
