using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>
/// A RUN: made at once, growing in place, held by one process at a time. Checkpoints are complete or absent: a folder is written under a
/// temporary name, flushed, renamed; then <c>last</c> (and <c>best</c>) are pointed at it.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private readonly RunLock _lock;
    private string? _replaced;

    private RunFolder(string path, RunLock runLock, string? replaced = null)
    {
        Path = path;
        _lock = runLock;
        _replaced = replaced;
    }

    public string Path { get; }

    public string RunJson => System.IO.Path.Combine(Path, "run.json");

    public string Metrics => System.IO.Path.Combine(Path, "metrics.csv");

    public string Plot => System.IO.Path.Combine(Path, "loss.svg");

    public string Artifacts => System.IO.Path.Combine(Path, "artifacts");

    public string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>The folder of <c>last</c>, <c>best</c> or <c>step-N</c>.</summary>
    public string Checkpoint(string name) => System.IO.Path.Combine(Checkpoints, name);

    /// <summary>Makes a new run.</summary>
    /// <param name="force">What is there already is renamed aside, and deleted after the first checkpoint of this one.</param>
    /// <exception cref="TrainingException">Something is there already (exit code 64).</exception>
    /// <exception cref="FileFormatException">Another process works on what is to be replaced, or the place cannot be written to.</exception>
    public static RunFolder Create(string path, bool force) => Guarded(path, () =>
    {
        path = Full(path);
        var aside = Aside(path);
        if (Exists(aside) && !IsOccupied(path))
        {
            Free(path); // killed between the two renames of --force: the old content belongs there
            Delete(path);
            Move(aside, path);
        }

        if (IsOccupied(path))
        {
            if (!force)
            {
                throw new TrainingException($"{path} exists already. Choose another --out, give --force to replace it, or --resume to go on with it.", 64);
            }

            Free(path);
            if (Exists(aside) && !Directory.Exists(System.IO.Path.Combine(path, "checkpoints", "last")))
            {
                Delete(path); // it was to replace what is aside, and never saved anything
            }
            else
            {
                Delete(aside);
                Move(path, aside);
            }
        }

        Directory.CreateDirectory(path);
        return new RunFolder(path, RunLock.Acquire(LockOf(path)), Exists(aside) ? aside : null);
    });

    /// <summary>Takes hold of a run that was made before, and removes what a killed process left half written.</summary>
    /// <exception cref="TrainingException">There is no run.</exception>
    /// <exception cref="FileFormatException">Another process works on it.</exception>
    public static RunFolder Open(string path) => Guarded(path, () =>
    {
        path = Full(path);
        _ = ReadRecord(path);
        var folder = new RunFolder(path, RunLock.Acquire(LockOf(path)), Exists(Aside(path)) ? Aside(path) : null);
        folder.Recover();
        return folder;
    });

    /// <summary>
    /// Takes back what <see cref="Create"/> did, for a run that ends without a checkpoint: removes the folder, and puts what <c>--force</c> renamed
    /// aside in its place again.
    /// </summary>
    public void Undo()
    {
        _lock.Dispose();
        Delete(Path);
        if (_replaced is not null)
        {
            Move(_replaced, Path);
            _replaced = null;
        }
    }

    /// <summary>Whether <c>--force</c> renamed something aside that is still there.</summary>
    public bool Replaces => _replaced is not null;

    /// <summary>Whether there is a checkpoint to go on from.</summary>
    public bool IsSaved => Directory.Exists(Checkpoint("last"));

    /// <summary>Reads run.json without taking hold of the run.</summary>
    /// <exception cref="TrainingException">It is no run.</exception>
    public static RunRecord ReadRecord(string path) => System.IO.Path.Combine(path, "run.json") is var record && File.Exists(record)
        ? Read(record, TrainingJson.Default.RunRecord)
        : throw new TrainingException($"{path} is not a run: it has no run.json. Start one with --out.");

    /// <summary>The state of a checkpoint folder.</summary>
    public static RunState ReadState(string checkpoint) => Read(System.IO.Path.Combine(checkpoint, "state.json"), TrainingJson.Default.RunState);

    public RunRecord ReadRecord() => ReadRecord(Path);

    public void Write(RunRecord record) => Write(RunJson, record, TrainingJson.Default.RunRecord);

    /// <summary>Copies a folder into the run under a temporary name, then renames it; nothing happens where it is there already.</summary>
    public static void CopyIn(string source, string target)
    {
        if (Directory.Exists(target))
        {
            return;
        }

        var partial = target + ".partial";
        Delete(partial);
        Directory.CreateDirectory(partial);
        foreach (var file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(partial, System.IO.Path.GetFileName(file)));
        }

        Directory.Move(partial, target);
    }

    /// <summary>Saves the engine's parameters and state as <c>step-N</c>, points <c>last</c> (and <c>best</c>) at it, and removes what is no longer kept.</summary>
    public void Save(ITrainingEngine engine, RunState state, bool best, int keepSteps)
    {
        var name = $"step-{state.Step}";
        var target = Checkpoint(name);
        if (new DirectoryInfo(Checkpoint("last")).LinkTarget != name)
        {
            Delete(target); // of a run that was killed before anything pointed at it
            var partial = Checkpoint($".{name}.partial");
            Delete(partial);
            try
            {
                Directory.CreateDirectory(partial);
                FreeSpace.Require(partial, Bytes(engine));
                AtomicFile.Write(System.IO.Path.Combine(partial, "model.safetensors"), s => SafeTensors.Write(s, Parameters(engine)));
                AtomicFile.Write(System.IO.Path.Combine(partial, "state.safetensors"), s => SafeTensors.Write(s, MomentsOf(engine)));
                Write(System.IO.Path.Combine(partial, "state.json"), state, TrainingJson.Default.RunState);
                Directory.Move(partial, target);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FileFormatException)
            {
                Delete(partial);
                throw new TrainingException($"The checkpoint of step {state.Step} cannot be saved in {Checkpoints}: {e.Message} The run stands at its last checkpoint; make room and go on with --resume {Path}.");
            }
        }

        Point("last", name);
        if (best)
        {
            Point("best", name);
        }

        Prune(keepSteps);
        if (_replaced is not null)
        {
            Delete(_replaced);
            _replaced = null;
        }
    }

    /// <summary>Brings the engine to the state of <c>last</c>; null where nothing has been saved yet.</summary>
    public RunState? Restore(ITrainingEngine engine)
    {
        var last = Checkpoint("last");
        if (!Directory.Exists(last))
        {
            return null;
        }

        LoadParameters(engine, System.IO.Path.Combine(last, "model.safetensors"));
        var moments = TensorFile.Open(System.IO.Path.Combine(last, "state.safetensors"));
        for (var p = 0; p < engine.Parameters.Count; p++)
        {
            for (var m = 0; m < engine.Moments && engine.Parameters[p].Trainable; m++)
            {
                Copy(moments, MomentName(engine.Parameters[p], m), engine.Moment(p, m));
            }
        }

        var state = ReadState(last);
        engine.Step = state.OptimizerSteps;
        return state;
    }

    /// <summary>Puts the parameters of a model.safetensors into the engine.</summary>
    public static void LoadParameters(ITrainingEngine engine, string path)
    {
        var file = TensorFile.Open(path);
        for (var p = 0; p < engine.Parameters.Count; p++)
        {
            Copy(file, engine.Parameters[p].Name, engine.Parameter(p));
        }
    }

    public void Dispose() => _lock.Dispose();

    private static List<NamedTensor> Parameters(ITrainingEngine engine) =>
        [.. engine.Parameters.Select((p, i) => new NamedTensor(p.Name, new(p.Type, [.. p.Dims], engine.Parameter(i))))];

    private static List<NamedTensor> MomentsOf(ITrainingEngine engine) =>
    [
        .. from i in Enumerable.Range(0, engine.Parameters.Count)
           where engine.Parameters[i].Trainable
           from m in Enumerable.Range(0, engine.Moments)
           select new NamedTensor(MomentName(engine.Parameters[i], m), new(ElementType.Float, [.. engine.Parameters[i].Dims], engine.Moment(i, m))),
    ];

    private static string MomentName(EngineParameter parameter, int moment) => $"momentum{moment}.{parameter.Name}";

    private static long Bytes(ITrainingEngine engine) =>
        engine.Parameters.Sum(p => p.Type.ByteCount(p.Count) + (p.Trainable ? engine.Moments * 4 * p.Count : 0)) + (1 << 20);

    private static void Copy(TensorFile file, string name, Memory<byte> target)
    {
        if (!file.TryGetInfo(name, out _))
        {
            throw new TrainingException($"{file.Path} has no tensor {name}. It belongs to another model, or was changed.");
        }

        var bytes = file[name].Bytes;
        if (bytes.Length != target.Length)
        {
            throw new TrainingException($"{file.Path}: tensor {name} has {bytes.Length} bytes, wanted {target.Length}. It belongs to another model, or was changed.");
        }

        bytes.CopyTo(target);
    }

    private void Point(string link, string name)
    {
        var path = Checkpoint(link);
        if (OperatingSystem.IsWindows())
        {
            // A link needs a privilege there: a copy, exchanged by renaming.
            Delete(path + ".old");
            Delete(path + ".new");
            CopyIn(Checkpoint(name), path + ".new");
            if (Directory.Exists(path))
            {
                Directory.Move(path, path + ".old");
            }

            Directory.Move(path + ".new", path);
            Delete(path + ".old");
            return;
        }

        AtomicLink.Point(path, name);
    }

    private void Prune(int keepSteps)
    {
        var named = new[] { "last", "best" }.Select(l => new DirectoryInfo(Checkpoint(l)).LinkTarget).ToHashSet();
        var steps = Directory.EnumerateDirectories(Checkpoints, "step-*").Select(System.IO.Path.GetFileName).OfType<string>()
            .OrderByDescending(n => long.TryParse(n["step-".Length..], out var step) ? step : 0).ToList();
        foreach (var old in steps.Skip(keepSteps).Where(n => !named.Contains(n)))
        {
            Delete(Checkpoint(old));
        }
    }

    private void Recover()
    {
        if (!Directory.Exists(Checkpoints))
        {
            return;
        }

        foreach (var partial in Directory.EnumerateDirectories(Checkpoints, ".step-*.partial"))
        {
            Delete(partial);
        }

        foreach (var old in Directory.EnumerateDirectories(Checkpoints, "*.old"))
        {
            if (!Exists(old[..^".old".Length]))
            {
                Directory.Move(old, old[..^".old".Length]); // killed while the folder was exchanged
            }
        }
    }

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

    private static bool Exists(string path) => Directory.Exists(path) || File.Exists(path);

    private static void Move(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to);
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

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else if (File.Exists(path))
        {
            File.Delete(path);
        }
    }

    private static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(InputFile.ReadAllBytes(path), type) ?? throw new TrainingException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new TrainingException($"{path}, line {e.LineNumber + 1}: {e.Message} It was not written by this program, or was changed.");
        }
    }

    private static void Write<T>(string path, T content, JsonTypeInfo<T> type) => AtomicFile.Write(path, s => JsonSerializer.Serialize(s, content, type));
}
