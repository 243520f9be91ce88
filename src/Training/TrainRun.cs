using System.Reflection;
using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>A run from its first file to its last: what <c>train</c> and <c>pretrain</c> share.</summary>
public static class TrainRun
{
    /// <summary>What is trained and evaluated on.</summary>
    /// <param name="Eval">Null: no evaluation.</param>
    /// <param name="Sampler">Shows with every evaluation what the model makes of a text, and is disposed with the run; null: none.</param>
    public sealed record Data(IExamples Train, IExamples? Eval, ISampler? Sampler = null);

    /// <summary>What the verb brings.</summary>
    /// <param name="Files">The data files, whose hashes go to run.json, in this order, and are compared when the run goes on.</param>
    /// <param name="Prepare">Puts the artifacts (and the tokenizer) into a new run folder; does nothing where they are there already.</param>
    /// <param name="Open">Opens the data for the engine's inputs.</param>
    public sealed record Parts(
        IReadOnlyList<string> Files,
        Action<RunFolder> Prepare,
        Func<RunFolder, ITrainingEngine, ArtifactFolder, Data> Open)
    {
        /// <summary>Makes the engine from the run's artifacts [<see cref="EngineChoice"/>].</summary>
        public Func<ArtifactFolder, RunConfig, ITrainingEngine> Load { get; init; } = EngineChoice.Load;
    }

    /// <summary>A flag given with <c>--resume</c>, and what it asks of the configuration.</summary>
    public sealed record Change(string Flag, Func<RunConfig, RunConfig> Apply);

    /// <summary>Starts a new run in <paramref name="path"/> and trains to its end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the run can go on with <see cref="Resume"/>.</exception>
    /// <exception cref="PipelineException">It failed. Where that was before the first step, or before the first checkpoint of a run that replaces another, all is as before the call.</exception>
    public static RunResult Start(RunConfig config, Parts parts, string path, bool force, IProgress<TrainProgress>? progress, CancellationToken cancellation)
    {
        config.Check();
        var data = parts.Files.Select(RunRecord.DataFile.Of).ToArray(); // before anything is replaced
        using var folder = RunFolder.Create(path, force);
        var record = new RunRecord { Config = config, Versions = Versions(), Seed = config.Seed, Data = data };
        try
        {
            folder.Write(record);
            return Train(record, parts, folder, progress, cancellation);
        }
        catch when (!folder.Checkpoints.Any && (folder.Replaces || !File.Exists(folder.Metrics)))
        {
            folder.Undo();
            throw;
        }
    }

    /// <summary>Goes on with a run from its last checkpoint, or from the start where nothing was saved.</summary>
    /// <param name="verb">Whose runs are meant.</param>
    /// <param name="changes">What the caller asks for; refused where the run was started with something else.</param>
    /// <param name="say">Takes a line where there is nothing left to do.</param>
    /// <param name="warn">Takes a sentence where this is another build than the one the run was started with.</param>
    /// <returns>The result; that of the earlier call where the run had finished.</returns>
    /// <exception cref="TrainingException">A change would change the run (exit code 64), or the data are no longer those it was started with.</exception>
    public static RunResult Resume(string path, string verb, IReadOnlyList<Change> changes, Func<RunRecord, Parts> partsOf, Action<string> say, Action<string> warn, IProgress<TrainProgress>? progress, CancellationToken cancellation)
    {
        using var folder = RunFolder.Open(path);
        var record = folder.ReadRecord();
        if (record.Config.Verb != verb)
        {
            throw new TrainingException($"{folder.Path} is a run of `{record.Config.Verb}`; go on with `onnxpipe {record.Config.Verb} --resume`.", 64);
        }

        foreach (var change in changes)
        {
            if (record.Config.Differences(change.Apply(record.Config)) is [var (key, stored, given), ..])
            {
                throw new TrainingException($"{change.Flag} would change the run {folder.Path}: {key} was {stored} when it was started, and would be {given}. Leave it out, or start a new run with --out.", 64);
            }
        }

        if (record.Result is { Status: RunResult.Finished } finished)
        {
            say($"{folder.Path} finished at step {finished.Step}; there is nothing to go on with.");
            return finished;
        }

        var versions = Versions();
        if (record.Versions.Where(then => then.Key != "os" && versions.TryGetValue(then.Key, out var now) && now != then.Value).Select(then => $"{then.Key} {then.Value}, now {versions[then.Key]}").ToArray() is { Length: > 0 } others)
        {
            warn($"{folder.Path} was started with {string.Join("; ", others)}: what it computes may differ in the last bits from what it would have without the interruption.");
        }

        foreach (var file in record.Data.Where(file => file.Path != record.Config.Checkpoint || !folder.Checkpoints.Any)) // where it started does not matter once it has saved
        {
            file.RequireUnchanged(folder.RunJson);
        }

        folder.Write(record with { Result = null });
        return Train(record, partsOf(record), folder, progress, cancellation);
    }

    private static RunResult Train(RunRecord record, Parts parts, RunFolder folder, IProgress<TrainProgress>? progress, CancellationToken cancellation)
    {
        parts.Prepare(folder);
        var artifacts = ArtifactFolder.Open(folder.Artifacts);
        using var engine = parts.Load(artifacts, record.Config);
        var data = parts.Open(folder, engine, artifacts);
        using var sampler = data.Sampler;
        var loop = new TrainLoop(engine, data.Train, data.Eval, record.Config, folder, progress, sampler);
        try
        {
            var result = loop.Run(cancellation);
            folder.Write(record with { Result = result });
            return result;
        }
        catch (OperationCanceledException)
        {
            folder.Write(record with { Result = loop.Result(RunResult.Interrupted) });
            throw;
        }
        catch (Exception e) when (WriteFailure.Is(e))
        {
            var error = new TrainingException($"{folder.Path} cannot be written: {WriteFailure.Reason(e)}. {folder.Checkpoints.GoingOn}");
            Note(folder, record with { Result = loop.Result(RunResult.Failed, error.Message) });
            throw error;
        }
        catch (PipelineException e)
        {
            Note(folder, record with { Result = loop.Result(RunResult.Failed, e.Message) });
            throw;
        }
    }

    /// <summary>Writes how the run ended if that can be written: on a full disk the error itself is what matters.</summary>
    private static void Note(RunFolder folder, RunRecord record)
    {
        try
        {
            folder.Write(record);
        }
        catch (FileFormatException)
        {
            // The caller throws the error that led here.
        }
    }

    private static SortedDictionary<string, string> Versions() => new(StringComparer.Ordinal)
    {
        ["onnxpipe"] = typeof(TrainRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["onnxruntime"] = RuntimeReport.Name,
        ["os"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
    };
}
