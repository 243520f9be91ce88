using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>A RUN: made at once, growing in place, held by one process at a time.</summary>
public sealed class RunFolder : IDisposable
{
    private readonly RunLock _lock;
    private string? _replaced;

    private RunFolder(string path, RunLock runLock, string? replaced = null)
    {
        Path = path;
        _lock = runLock;
        _replaced = replaced;
        Checkpoints = new Checkpoints(path);
    }

    public string Path { get; }

    public string RunJson => System.IO.Path.Combine(Path, "run.json");

    public string Metrics => System.IO.Path.Combine(Path, "metrics.csv");

    public string Samples => System.IO.Path.Combine(Path, "samples.jsonl");

    public string Plot => System.IO.Path.Combine(Path, "loss.svg");

    public string Artifacts => System.IO.Path.Combine(Path, "artifacts");

    public Checkpoints Checkpoints { get; }

    /// <summary>Makes a new run.</summary>
    /// <param name="force">What is there already is renamed aside, and deleted after the first checkpoint of this one.</param>
    /// <exception cref="TrainingException">Something is there already (exit code 64).</exception>
    /// <exception cref="FileFormatException">Another process works on what is to be replaced, or the place cannot be written to.</exception>
    public static RunFolder Create(string path, bool force) => Guarded(path, () =>
    {
        path = Full(path);
        var aside = Aside(path);
        if (FileOrFolder.Exists(aside) && !IsOccupied(path))
        {
            Free(path); // killed between the two renames of --force: the old content belongs there
            FileOrFolder.Remove(path);
            FileOrFolder.Move(aside, path);
        }

        if (IsOccupied(path))
        {
            if (!force)
            {
                throw new TrainingException($"{path} exists already. Choose another --out, give --force to replace it, or --resume to go on with it.", 64);
            }

            Free(path);
            if (FileOrFolder.Exists(aside) && !new Checkpoints(path).Any)
            {
                FileOrFolder.Remove(path); // it was to replace what is aside, and never saved anything
            }
            else
            {
                FileOrFolder.Remove(aside);
                FileOrFolder.Move(path, aside);
            }
        }

        Directory.CreateDirectory(path);
        return new RunFolder(path, RunLock.Acquire(LockOf(path)), FileOrFolder.Exists(aside) ? aside : null);
    });

    /// <summary>Takes hold of a run that was made before, and removes what a killed process left half written.</summary>
    /// <exception cref="TrainingException">There is no run.</exception>
    /// <exception cref="FileFormatException">Another process works on it.</exception>
    public static RunFolder Open(string path) => Guarded(path, () =>
    {
        path = Full(path);
        _ = ReadRecord(path);
        var folder = new RunFolder(path, RunLock.Acquire(LockOf(path)), FileOrFolder.Exists(Aside(path)) ? Aside(path) : null);
        folder.Checkpoints.Recover();
        return folder;
    });

    /// <summary>
    /// Takes back what <see cref="Create"/> did, for a run that ends without a checkpoint: removes the folder, and puts what <c>--force</c> renamed
    /// aside in its place again.
    /// </summary>
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

    /// <summary>Whether <c>--force</c> renamed something aside that is still there.</summary>
    public bool Replaces => _replaced is not null;

    /// <summary>Reads run.json without taking hold of the run.</summary>
    /// <exception cref="TrainingException">It is no run.</exception>
    public static RunRecord ReadRecord(string path) => System.IO.Path.Combine(path, "run.json") is var record && File.Exists(record)
        ? TrainingJson.Read(record, TrainingJson.Default.RunRecord)
        : throw new TrainingException($"{path} is not a run: it has no run.json. Start one with --out.");

    public RunRecord ReadRecord() => ReadRecord(Path);

    public void Write(RunRecord record) => TrainingJson.Write(RunJson, record, TrainingJson.Default.RunRecord);

    /// <summary>Copies a folder into the run under a temporary name, then renames it; nothing happens where it is there already.</summary>
    /// <exception cref="FileFormatException">There is not enough room, or it cannot be written; nothing is left of it.</exception>
    public static void CopyIn(string source, string target)
    {
        if (Directory.Exists(target))
        {
            return;
        }

        var (partial, files) = (target + ".partial", new DirectoryInfo(source).GetFiles());
        FileOrFolder.Remove(partial);
        FreeSpace.Require(target, files.Sum(file => file.Length));
        try
        {
            Directory.CreateDirectory(partial);
            foreach (var file in files)
            {
                file.CopyTo(System.IO.Path.Combine(partial, file.Name));
            }

            Directory.Move(partial, target);
        }
        catch (Exception e) when (WriteFailure.Is(e))
        {
            FileOrFolder.Remove(partial);
            throw new FileFormatException($"{target} cannot be written: {WriteFailure.Reason(e)}.", e);
        }
    }

    /// <summary>Saves a checkpoint (<see cref="Training.Checkpoints.Save"/>). With the first one, what <c>--force</c> renamed aside is deleted.</summary>
    public void Save(ITrainingEngine engine, RunState state, bool best, int keepSteps, double rate)
    {
        Checkpoints.Save(engine, state, best, keepSteps, rate);
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

    /// <summary>Something beyond what a process leaves that was killed while it made the folder.</summary>
    private static bool IsOccupied(string path) =>
        File.Exists(path) || Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(e => System.IO.Path.GetFileName(e) is not ("lock" or ".run.json.partial"));

    /// <summary>Refuses a folder that another process works on.</summary>
    private static void Free(string path)
    {
        if (Directory.Exists(path))
        {
            RunLock.Acquire(LockOf(path)).Dispose();
        }
    }

    private static RunFolder Guarded(string path, Func<RunFolder> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileFormatException($"{path} cannot be used as a run folder: {e.Message}", e);
        }
    }
}
