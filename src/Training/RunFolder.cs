using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>A RUN: made at once, growing in place, held by one process at a time.</summary>
public sealed class RunFolder : IDisposable
{
    private readonly GrowingFolder _folder;

    private RunFolder(GrowingFolder folder)
    {
        _folder = folder;
        Checkpoints = new Checkpoints(Path);
    }

    public string Path => _folder.Path;

    public string RunJson => System.IO.Path.Combine(Path, "run.json");

    public string Metrics => System.IO.Path.Combine(Path, "metrics.csv");

    public string Samples => System.IO.Path.Combine(Path, "samples.jsonl");

    public string Plot => System.IO.Path.Combine(Path, "loss.svg");

    public string Artifacts => System.IO.Path.Combine(Path, "artifacts");

    public Checkpoints Checkpoints { get; }

    /// <summary>Makes a new run.</summary>
    /// <param name="force">What is there already is renamed aside, and deleted after the first checkpoint of this one.</param>
    /// <exception cref="OutputExistsException">Something is there already.</exception>
    /// <exception cref="FileFormatException">Another process works on what is to be replaced, or the place cannot be written to.</exception>
    public static RunFolder Create(string path, bool force) => new(GrowingFolder.Create(path, force, run => new Checkpoints(run).Any, goesOn: true));

    /// <summary>Takes hold of a run that was made before, and removes what a killed process left half written.</summary>
    /// <exception cref="TrainingException">There is no run.</exception>
    /// <exception cref="FileFormatException">Another process works on it, or it cannot be written to.</exception>
    public static RunFolder Open(string path)
    {
        _ = ReadRecord(path);
        var folder = new RunFolder(GrowingFolder.Open(path));
        try
        {
            folder.Checkpoints.Recover();
            return folder;
        }
        catch (Exception e)
        {
            folder.Dispose();
            throw e is IOException or UnauthorizedAccessException ? new FileFormatException($"{path} cannot be written: {e.Message}", e) : e;
        }
    }

    /// <summary>Takes back what <see cref="Create"/> did, for a run that ends without a checkpoint.</summary>
    public void Undo() => _folder.Undo();

    /// <inheritdoc cref="GrowingFolder.Replaces"/>
    public bool Replaces => _folder.Replaces;

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
        _folder.Keep();
    }

    public void Dispose() => _folder.Dispose();
}
