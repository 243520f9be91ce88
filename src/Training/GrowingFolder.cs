using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>
/// A folder that is made at once and grows in place, held by one process at a time. What <c>--force</c> replaces is renamed aside, to
/// <c>.NAME.replaced</c>: it goes when the new content is worth keeping, and comes back where that does not get so far.
/// </summary>
public sealed class GrowingFolder : IDisposable
{
    private readonly RunLock _lock;
    private string? _replaced;

    private GrowingFolder(string path, RunLock held) => (Path, _lock, _replaced) = (path, held, FileOrFolder.Exists(Aside(path)) ? Aside(path) : null);

    public string Path { get; }

    /// <summary>Whether <c>--force</c> renamed something aside that is still there.</summary>
    public bool Replaces => _replaced is not null;

    /// <summary>Begins a folder.</summary>
    /// <param name="force">What is there already is renamed aside.</param>
    /// <param name="isWorthKeeping">Whether a folder got so far that what it replaces is no longer wanted.</param>
    /// <param name="goesOn">Whether one that a killed process left before that can be gone on with; else what it was to replace is put back.</param>
    /// <exception cref="OutputExistsException">Something is there already, and it is not to be replaced.</exception>
    /// <exception cref="FileFormatException">Another process works on what is there, or the place cannot be written to.</exception>
    public static GrowingFolder Create(string path, bool force, Func<string, bool> isWorthKeeping, bool goesOn) => Guarded(path, () =>
    {
        path = Full(path);
        var aside = Aside(path);
        if (FileOrFolder.Exists(aside) && !(goesOn && !force ? IsOccupied(path) : isWorthKeeping(path)))
        {
            RequireUnused(path); // killed on its way: the old content belongs there
            FileOrFolder.Remove(path);
            FileOrFolder.Move(aside, path);
        }

        if (IsOccupied(path))
        {
            if (!force)
            {
                throw new OutputExistsException($"{path} exists already. Choose another --out{(goesOn ? ", give --force to replace it, or --resume to go on with it" : ", or replace the whole of it with --force")}.");
            }

            RequireUnused(path);
            FileOrFolder.Remove(aside);
            FileOrFolder.Move(path, aside);
        }

        Directory.CreateDirectory(path);
        return new GrowingFolder(path, RunLock.Acquire(LockOf(path)));
    });

    /// <summary>Begins the first of some folders that is free: nothing is in it, nothing was put aside for it, nobody holds it.</summary>
    /// <exception cref="FileFormatException">The place cannot be written to.</exception>
    public static GrowingFolder CreateFirstFree(IEnumerable<string> paths) => Guarded(paths.First(), () =>
    {
        foreach (var path in paths.Select(Full).Where(IsFree))
        {
            Directory.CreateDirectory(path);
            if (RunLock.TryAcquire(LockOf(path)) is { } held)
            {
                if (IsFree(path))
                {
                    return new GrowingFolder(path, held);
                }

                held.Dispose(); // another process was quicker, and is at its end already
            }
        }

        throw new OutputExistsException($"{paths.First()} and all names after it are taken. Choose one with --out.");
    });

    /// <summary>Takes hold of a folder that was made before.</summary>
    /// <exception cref="FileFormatException">Another process works on it.</exception>
    public static GrowingFolder Open(string path) => Guarded(path, () => new GrowingFolder(Full(path), RunLock.Acquire(LockOf(Full(path)))));

    /// <summary>Takes back what <see cref="Create"/> did: removes the folder, and puts what was renamed aside in its place again.</summary>
    public void Undo()
    {
        _lock.Dispose();
        FileOrFolder.Remove(Path);
        if (_replaced is not null)
        {
            FileOrFolder.Move(_replaced, Path);
            _replaced = null;
        }
    }

    /// <summary>The content is worth keeping: what it replaces is removed.</summary>
    public void Keep()
    {
        if (_replaced is not null)
        {
            FileOrFolder.Remove(_replaced);
            _replaced = null;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static string Full(string path) => System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));

    private static string Aside(string path) =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? throw new TrainingException($"{path} is the root of a file system; name a folder inside it.", 64), $".{System.IO.Path.GetFileName(path)}.replaced");

    private static string LockOf(string path) => System.IO.Path.Combine(path, "lock");

    private static bool IsFree(string path) => !IsOccupied(path) && !FileOrFolder.Exists(Aside(path));

    /// <summary>Something beyond what a process leaves that was killed while it made the folder.</summary>
    private static bool IsOccupied(string path) =>
        File.Exists(path) || Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(e => System.IO.Path.GetFileName(e) is not ("lock" or ".run.json.partial"));

    /// <summary>Refuses a folder that another process works on.</summary>
    private static void RequireUnused(string path)
    {
        if (File.Exists(LockOf(path))) // a folder of other origin gets none
        {
            RunLock.Acquire(LockOf(path)).Dispose();
        }
    }

    private static GrowingFolder Guarded(string path, Func<GrowingFolder> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileFormatException($"{path} cannot be written: {e.Message}", e);
        }
    }
}
