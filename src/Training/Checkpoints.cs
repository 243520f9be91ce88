using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>
/// The checkpoints of a run, each complete or absent: a folder is written under a temporary name, flushed, renamed; then <c>last</c> (and
/// <c>best</c>) are pointed at it.
/// </summary>
public sealed class Checkpoints
{
    private readonly string _run;

    /// <param name="run">The folder of the run.</param>
    public Checkpoints(string run)
    {
        _run = run;
        Path = System.IO.Path.Combine(run, "checkpoints");
    }

    public string Path { get; }

    /// <summary>The folder of <c>last</c>, <c>best</c> or <c>step-N</c>.</summary>
    public string Folder(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether there is a checkpoint to go on from.</summary>
    public bool Any => Directory.Exists(Folder("last"));

    /// <summary>For messages of a run whose files cannot be written.</summary>
    internal string GoingOn => Any
        ? $"The run stands at its last checkpoint; make room and go on with --resume {_run}."
        : $"Nothing was saved before; make room and begin again with --resume {_run}.";

    /// <summary>
    /// Saves the engine's parameters and state as <c>step-N</c>, points <c>last</c> (and <c>best</c>) at it, and removes what is no longer kept. Where <c>last</c> is of this step
    /// already, its parameters are those of the engine; the state may tell more.
    /// </summary>
    /// <param name="rate">The run's main learning rate, for Microsoft's runtime.</param>
    public void Save(ITrainingEngine engine, RunState state, bool best, int keepSteps, double rate)
    {
        var name = $"step-{state.Step}";
        var target = Folder(name);
        var partial = Folder($".{name}.partial");
        try
        {
            if (new DirectoryInfo(Folder("last")).LinkTarget == name)
            {
                Write(state, target);
            }
            else
            {
                FileOrFolder.Remove(target); // of a run that was killed before anything pointed at it
                FileOrFolder.Remove(partial);
                Directory.CreateDirectory(partial);
                FreeSpace.Require(partial, Bytes(engine));
                AtomicFile.Write(System.IO.Path.Combine(partial, "model.safetensors"), s => SafeTensors.Write(s, Parameters(engine)));
                AtomicFile.Write(System.IO.Path.Combine(partial, "state.safetensors"), s => SafeTensors.Write(s, MomentsOf(engine)));
                Write(state, partial);
                if (RuntimeCheckpoint.BytesOf(engine) is not null)
                {
                    RuntimeCheckpoint.Save(engine, System.IO.Path.Combine(partial, "checkpoint"), (float)rate);
                }

                Directory.Move(partial, target);
            }
        }
        catch (Exception e) when (WriteFailure.Is(e) || e is FileFormatException)
        {
            FileOrFolder.Remove(partial);
            throw new TrainingException($"The checkpoint of step {state.Step} cannot be saved in {Path}: {WriteFailure.Reason(e)}. {GoingOn}");
        }

        Point("last", name);
        if (best)
        {
            Point("best", name);
        }

        Prune(keepSteps);
    }

    /// <summary>Brings the engine to the state of <c>last</c>; null where nothing has been saved yet.</summary>
    public RunState? Restore(ITrainingEngine engine)
    {
        var last = Folder("last");
        if (!Directory.Exists(last))
        {
            return null;
        }

        EngineParameters.Load(engine, System.IO.Path.Combine(last, "model.safetensors"));
        var moments = TensorFile.Open(System.IO.Path.Combine(last, "state.safetensors"));
        for (var p = 0; p < engine.Parameters.Count; p++)
        {
            for (var m = 0; m < engine.Moments && engine.Parameters[p].Trainable; m++)
            {
                engine.SetMoment(p, m, StoredTensor.Of(moments, MomentName(engine.Parameters[p], m), ElementType.Float, engine.Parameters[p].Dims).Bytes.Span);
            }
        }

        var state = ReadState(last);
        engine.Step = state.OptimizerSteps;
        return state;
    }

    /// <summary>Removes what a killed process left half written, and puts back what it had only renamed.</summary>
    public void Recover()
    {
        if (!Directory.Exists(Path))
        {
            return;
        }

        foreach (var partial in Directory.EnumerateDirectories(Path, ".step-*.partial"))
        {
            FileOrFolder.Remove(partial);
        }

        foreach (var old in Directory.EnumerateDirectories(Path, "*.old"))
        {
            if (!FileOrFolder.Exists(old[..^".old".Length]))
            {
                Directory.Move(old, old[..^".old".Length]); // killed while the folder was exchanged
            }
        }

        if (Any && ReadState(Folder("last")) is { BestStep: { } best } state && best == state.Step && (!Directory.Exists(Folder("best")) || ReadState(Folder("best")).Step != best))
        {
            Point("best", $"step-{best}"); // killed between the two links
        }
    }

    /// <summary>The state of a checkpoint folder.</summary>
    public static RunState ReadState(string checkpoint) => TrainingJson.Read(System.IO.Path.Combine(checkpoint, "state.json"), TrainingJson.Default.RunState);

    private static void Write(RunState state, string folder) => TrainingJson.Write(System.IO.Path.Combine(folder, "state.json"), state, TrainingJson.Default.RunState);

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
        engine.Parameters.Sum(p => p.Type.ByteCount(p.Count) + (p.Trainable ? engine.Moments * 4 * p.Count : 0)) + (RuntimeCheckpoint.BytesOf(engine) ?? 0) + (1 << 20);

    private void Point(string link, string name)
    {
        var path = Folder(link);
        if (AtomicLink.TryPoint(path, name))
        {
            return;
        }

        // A copy, exchanged by renaming.
        FileOrFolder.Remove(path + ".old");
        FileOrFolder.Remove(path + ".new");
        RunFolder.CopyIn(Folder(name), path + ".new");
        if (Directory.Exists(path))
        {
            Directory.Move(path, path + ".old");
        }

        Directory.Move(path + ".new", path);
        FileOrFolder.Remove(path + ".old");
    }

    private void Prune(int keepSteps)
    {
        var named = new[] { "last", "best" }.Select(l => new DirectoryInfo(Folder(l)).LinkTarget).ToHashSet();
        var steps = Directory.EnumerateDirectories(Path, "step-*").Select(System.IO.Path.GetFileName).OfType<string>()
            .OrderByDescending(n => long.TryParse(n["step-".Length..], out var step) ? step : 0).ToList();
        foreach (var old in steps.Skip(keepSteps).Where(n => !named.Contains(n)))
        {
            FileOrFolder.Remove(Folder(old));
        }
    }
}
