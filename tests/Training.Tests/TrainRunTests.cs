using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class TrainRunTests
{
    private string _root = "";

    private string Data => Path.Combine(_root, "data.safetensors");

    private string Run => Path.Combine(_root, "run");

    private string Aside => Path.Combine(_root, ".run.replaced");

    [SetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("run").FullName;
        WriteData(3);
        Directory.CreateDirectory(Path.Combine(_root, "artifacts"));
        new Manifest().Write(Path.Combine(_root, "artifacts", "manifest.json"));
    }

    [TearDown]
    public void Remove() => Directory.Delete(_root, true);

    [Test]
    public void Start_Finished_WritesTheRecordAndASecondResumeChangesNothing()
    {
        var result = Start(Config());
        var before = Content();
        var said = new List<string>();
        var again = Resume([], said.Add);

        Assert.That(result.Status, Is.EqualTo("finished"));
        Assert.That(again, Is.EqualTo(result));
        Assert.That(said, Has.One.Contains("finished at step 12"));
        Assert.That(Content(), Is.EqualTo(before));
        var record = RunFolder.ReadRecord(Run);
        Assert.That(record.Data.Single().Sha256, Is.EqualTo(Sha256.Of(Data)));
        Assert.That(record.Versions.Keys, Does.Contain("onnxpipe").And.Contain("onnxruntime"));
    }

    [Test]
    public void Resume_AfterCancellation_GoesOnAndNotesBoth()
    {
        Assert.That(() => Start(Config(), stopAt: 4), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(RunFolder.ReadRecord(Run).Result!.Status, Is.EqualTo("interrupted"));

        Assert.That(Resume([]).Step, Is.EqualTo(12));
    }

    [Test]
    public void Resume_FlagThatChangesTheRun_IsRefusedByNameAndOneThatDoesNotIsTaken()
    {
        Assert.That(() => Start(Config(), stopAt: 4), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(() => Resume([new("--lr", c => c with { Lr = 7 })]), Throws.TypeOf<TrainingException>().With.Message.Contains("--lr would change").And.Message.Contains("lr was 0.01 when it was started, and would be 7").And.Property("ExitCode").EqualTo(64));
        Assert.That(Resume([new("--lr", c => c with { Lr = 0.01 })]).Step, Is.EqualTo(12));
    }

    [Test]
    public void Resume_OnAnotherBuild_SaysSoAndGoesOn()
    {
        Assert.That(() => Start(Config(), stopAt: 4), Throws.InstanceOf<OperationCanceledException>());
        var json = Path.Combine(Run, "run.json");
        var now = RunFolder.ReadRecord(Run).Versions["onnxruntime"];
        File.WriteAllText(json, File.ReadAllText(json).Replace($"\"{now}\"", "\"1.2.3 (Gpu)\""));
        var warnings = new List<string>();

        Assert.That(Resume([], warn: warnings.Add).Step, Is.EqualTo(12));

        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(warnings[0], Does.Contain($"onnxruntime 1.2.3 (Gpu), now {now}"));
    }

    [Test]
    public void Resume_OtherData_IsRefused()
    {
        Assert.That(() => Start(Config(), stopAt: 4), Throws.InstanceOf<OperationCanceledException>());
        WriteData(4);

        Assert.That(() => Resume([]), Throws.TypeOf<TrainingException>().With.Message.Contains("no longer the file"));
        File.Delete(Data);
        Assert.That(() => Resume([]), Throws.TypeOf<TrainingException>().With.Message.Contains("is gone"));
    }

    [Test]
    public void Resume_WhileAnotherHoldsTheRun_IsRefused()
    {
        Start(Config());
        using var held = RunFolder.Open(Run);

        Assert.That(() => Resume([]), Throws.TypeOf<FileFormatException>().With.Message.Contains("another process").And.Property("ExitCode").EqualTo(1));
    }

    [Test]
    public void Start_FailsBeforeTheFirstStep_LeavesNothing()
    {
        Assert.That(() => Start(Config(), load: (_, _) => throw new TrainingException("no engine")), Throws.TypeOf<TrainingException>());

        Assert.That(Directory.Exists(Run), Is.False);
    }

    [Test]
    public void Start_ForcedAndFailingBeforeItsFirstSave_PutsTheOldRunBack()
    {
        Start(Config());
        var before = Content();

        Assert.That(() => Start(Config() with { Lr = 1e30, SaveEvery = 100 }, force: true), Throws.TypeOf<TrainingException>().With.Message.Contains("--lr"));

        Assert.That(Content(), Is.EqualTo(before));
        Assert.That(Directory.Exists(Aside), Is.False);
    }

    [Test]
    public void Create_ForcedOverARunThatNeverSaved_KeepsTheOlderOneAside()
    {
        Start(Config());
        var before = Content();
        RunFolder.Create(Run, force: true).Dispose(); // as a killed process leaves it
        File.WriteAllText(Path.Combine(Run, "run.json"), "{}");

        using (var folder = RunFolder.Create(Run, force: true))
        {
            folder.Undo();
        }

        Assert.That(Content(), Is.EqualTo(before));
    }

    [Test]
    public void Create_KilledBetweenTheRenames_FindsTheOldRunAgain()
    {
        Start(Config());
        Directory.Move(Run, Aside);

        Assert.That(() => RunFolder.Create(Run, force: false), Throws.TypeOf<OutputExistsException>().With.Message.Contains("exists already"));
        Assert.That(File.Exists(Path.Combine(Run, "run.json")));
    }

    [Test]
    public void Open_AfterAKillInTheMiddleOfASave_ReadsTheCheckpointBefore()
    {
        var wanted = Start(Config());
        var parameters = File.ReadAllBytes(Path.Combine(Run, "checkpoints", "last", "model.safetensors"));
        Directory.Delete(Run, true);
        Assert.That(() => Start(Config() with { SaveEvery = 1 }, stopAt: 4), Throws.InstanceOf<OperationCanceledException>());
        var partial = Directory.CreateDirectory(Path.Combine(Run, "checkpoints", ".step-5.partial"));
        File.WriteAllText(Path.Combine(partial.FullName, "model.safetensors"), "half");
        Directory.CreateDirectory(Path.Combine(Run, "checkpoints", "step-5")); // renamed, not yet pointed at
        File.AppendAllText(Path.Combine(Run, "metrics.csv"), "5,train,1,1,1,25,1\n6,tr");

        var result = Resume([]);

        Assert.That(result.Loss, Is.EqualTo(wanted.Loss));
        Assert.That(File.ReadAllBytes(Path.Combine(Run, "checkpoints", "last", "model.safetensors")), Is.EqualTo(parameters));
        Assert.That(partial.Exists && Directory.Exists(partial.FullName), Is.False);
        Assert.That(MetricsFile.Read(Path.Combine(Run, "metrics.csv")).Select(r => r.Step), Is.EqualTo(Enumerable.Range(1, 12).Select(s => (long)s)));
    }

    [Test]
    public void Start_TensorFileThatDoesNotFit_NamesTheInputAndLeavesNothing([Values] bool missing)
    {
        TensorFile.Write(Data, [new("x", Tensor.Vector<float>([1, 2])), missing ? new("y", Tensor.Vector<float>([1, 2])) : new("target", Tensor.Vector<long>([1, 2]))]);

        Assert.That(() => Start(Config()), Throws.TypeOf<FileFormatException>().With.Message.Contains("'target"));
        Assert.That(Directory.Exists(Run), Is.False);
    }

    private static RunConfig Config() => new() { Verb = "train", Data = ["data"], BatchSize = 5, Optimizer = "sgd", Lr = 0.01, Momentum = 0.5, Steps = 12, Seed = 3 };

    private TrainRun.Parts Parts(Func<ArtifactFolder, RunConfig, Ort.Engines.ITrainingEngine>? load = null) => new(
        [Data],
        folder => RunFolder.CopyIn(Path.Combine(_root, "artifacts"), folder.Artifacts),
        (_, engine, _) => new(new TensorExamples(Data, engine.Inputs, null), null))
    {
        Load = load ?? ((_, _) => new LineEngine()),
    };

    private RunResult Start(RunConfig config, bool force = false, long stopAt = 0, Func<ArtifactFolder, RunConfig, Ort.Engines.ITrainingEngine>? load = null)
    {
        using var cancel = new CancellationTokenSource();
        return TrainRun.Start(config, Parts(load), Run, force, new Stop(stopAt, cancel), cancel.Token);
    }

    private RunResult Resume(IReadOnlyList<TrainRun.Change> changes, Action<string>? say = null, Action<string>? warn = null) =>
        TrainRun.Resume(Run, "train", changes, _ => Parts(), say ?? (_ => { }), warn ?? (text => Assert.Fail(text)), null, default);

    private void WriteData(float slope)
    {
        var x = Enumerable.Range(0, 23).Select(i => i / 10f).ToArray();
        TensorFile.Write(Data, [new("x", Tensor.Vector<float>(x)), new("target", Tensor.Vector<float>([.. x.Select(v => slope * v - 1)]))]);
    }

    private string Content() => string.Join("\n", Directory.EnumerateFiles(Run, "*", SearchOption.AllDirectories).Order().Select(f => f + " " + Sha256.Of(f)));

    private sealed class Stop(long step, CancellationTokenSource cancel) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value)
        {
            if (value.Step == step)
            {
                cancel.Cancel();
            }
        }
    }
}
