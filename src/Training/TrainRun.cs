using System.Reflection;
using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>A run from its first file to its last: the parts that <c>train</c> and <c>pretrain</c> share.</summary>
public static class TrainRun
{
    /// <summary>What a verb makes of a configuration once the run's artifacts are in place.</summary>
    public sealed record Data(IExamples Train, IExamples? Eval);

    /// <summary>What the verb brings.</summary>
    /// <param name="Prepare">Puts the artifacts (and the tokenizer) into a new run folder; does nothing where they are there already.</param>
    /// <param name="Open">Opens the data for the engine's inputs.</param>
    /// <param name="Files">The data files, whose hashes go to run.json and are compared when the run goes on.</param>
    public sealed record Parts(Action<RunFolder> Prepare, Func<RunFolder, ITrainingEngine, ArtifactFolder, Data> Open, IReadOnlyList<string> Files);

    /// <summary>Starts a new run in <paramref name="path"/> and trains to its end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the run can go on with <see cref="Resume"/>.</exception>
    public static RunResult Start(RunConfig config, Parts parts, string path, bool force, IProgress<TrainProgress>? progress, CancellationToken cancellation)
    {
        config.Check();
        var data = parts.Files.Select(RunRecord.DataFile.Of).ToArray(); // before anything is replaced
        using var folder = RunFolder.Create(path, force);
        var record = new RunRecord { Config = config, Versions = Versions(), Seed = config.Seed, Data = data };
        folder.Write(record);
        return Train(record, parts, folder, progress, cancellation);
    }

    /// <summary>Goes on with a run from its last checkpoint, or from the start where nothing was saved.</summary>
    /// <returns>The result; that of the earlier call where the run had finished.</returns>
    /// <exception cref="TrainingException">The data are no longer those the run was started with.</exception>
    public static RunResult Resume(string path, Func<RunConfig, Parts> partsOf, IProgress<TrainProgress>? progress, CancellationToken cancellation)
    {
        using var folder = RunFolder.Open(path);
        var record = folder.ReadRecord();
        if (record.Result is { Status: "finished" } finished)
        {
            return finished;
        }

        foreach (var file in record.Data)
        {
            if (!File.Exists(file.Path))
            {
                throw new TrainingException($"{file.Path}, which {folder.RunJson} names as data of this run, is gone. Put it back to go on.");
            }

            if (RunRecord.DataFile.Of(file.Path) is var now && now.Sha256 != file.Sha256)
            {
                throw new TrainingException($"{file.Path} is no longer the file this run was started with (sha256 {now.Sha256}, wanted {file.Sha256}). Put the old content back, or start a new run.");
            }
        }

        return Train(record, partsOf(record.Config), folder, progress, cancellation);
    }

    private static RunResult Train(RunRecord record, Parts parts, RunFolder folder, IProgress<TrainProgress>? progress, CancellationToken cancellation)
    {
        parts.Prepare(folder);
        var artifacts = ArtifactFolder.Open(folder.Artifacts);
        using var engine = StockEngine.Load(artifacts, record.Config.Threads);
        var data = parts.Open(folder, engine, artifacts);
        var loop = new TrainLoop(engine, data.Train, data.Eval, record.Config, folder, progress);
        try
        {
            var result = loop.Run(cancellation);
            folder.Write(record with { Result = result });
            return result;
        }
        catch (OperationCanceledException)
        {
            folder.Write(record with { Result = loop.Result("interrupted") });
            throw;
        }
        catch (PipelineException e)
        {
            folder.Write(record with { Result = loop.Result("failed", e.Message) });
            throw;
        }
    }

    private static SortedDictionary<string, string> Versions() => new(StringComparer.Ordinal)
    {
        ["onnxpipe"] = typeof(TrainRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["os"] = RuntimeInformation.OSDescription,
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
    };
}
