using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class TrainLoopTests
{
    private string _root = "";

    [SetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("loop").FullName;
        var x = Enumerable.Range(0, 23).Select(i => i / 10f).ToArray();
        TensorFile.Write(Data, [new("x", Tensor.Vector<float>(x)), new("target", Tensor.Vector<float>([.. x.Select(v => 3 * v - 1)]))]);
    }

    [TearDown]
    public void Remove() => Directory.Delete(_root, true);

    private string Data => Path.Combine(_root, "data.safetensors");

    [Test]
    public void Run_Finished_WritesEveryStepOnceAndKeepsBestAndLast()
    {
        var result = Train("run", Config() with { Steps = 40, KeepSteps = 2 });

        var run = Path.Combine(_root, "run");
        var rows = MetricsFile.Read(Path.Combine(run, "metrics.csv"));
        Assert.That(rows.Where(r => r.Split == "train").Select(r => r.Step), Is.EqualTo(Enumerable.Range(1, 40).Select(s => (long)s)));
        Assert.That(rows.Where(r => r.Split == "eval").Select(r => r.Step), Is.EqualTo(new long[] { 10, 20, 30, 40 }));
        Assert.That(result.Loss, Is.LessThan(rows[0].Loss / 10));
        Assert.That(result.BestLoss, Is.EqualTo(rows.Where(r => r.Split == "eval").Min(r => r.Loss)));
        Assert.That(Directory.GetDirectories(Path.Combine(run, "checkpoints")).Select(Path.GetFileName), Is.SupersetOf(new[] { "last", "best", "step-40" }));
        Assert.That(Directory.GetDirectories(Path.Combine(run, "checkpoints"), "step-*"), Has.Length.LessThanOrEqualTo(3));
        Assert.That(File.ReadAllText(Path.Combine(run, "loss.svg")), Does.Contain("polyline"));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Run_CancelledAnywhereAndResumed_EndsBitForBitTheSame(int logEvery)
    {
        var config = Config() with { Steps = 60, LogEvery = logEvery, SaveEvery = 7 };
        Train("straight", config);
        foreach (var stop in new[] { 1, 8, 33 })
        {
            using var cancel = new CancellationTokenSource();
            Assert.That(() => Train($"stopped{stop}", config, new Stop(stop, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
            Train($"stopped{stop}", config);

            Assert.That(Content($"stopped{stop}"), Is.EqualTo(Content("straight")), $"stopped after step {stop}");
        }
    }

    [TestCase(10)]
    [TestCase(20)]
    [TestCase(40, Description = "the last step")]
    public void Run_CancelledDuringAnEvaluationAndResumed_EvaluatesThereAndEndsTheSame(int step)
    {
        var config = Config() with { Steps = 40 };
        var wanted = Train("straight", config);
        using var cancel = new CancellationTokenSource();
        Assert.That(() => Train("stopped", config, evaluated: eval => new Cancelling(eval, batch: (step / 10 * 5) - 2, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(Checkpoints.ReadState(Path.Combine(_root, "stopped", "checkpoints", "last")), Has.Property("Step").EqualTo(step).And.Property("Unevaluated").True);
        Assert.That(MetricsFile.Read(Path.Combine(_root, "stopped", "metrics.csv"))[^1], Has.Property("Step").EqualTo(step).And.Property("Split").EqualTo("train"));
        Assert.That(Train("stopped", config) with { Seconds = 0 }, Is.EqualTo(wanted with { Seconds = 0 }));
        Assert.That(Content("stopped"), Is.EqualTo(Content("straight")));
        Assert.That(State("stopped", "last"), Is.EqualTo(State("straight", "last")));
        Assert.That(State("stopped", "best"), Is.EqualTo(State("straight", "best")));
    }

    [Test]
    public void Run_CancelledWithinAnAccumulationAndResumed_DoesTheWholeStepAgain()
    {
        var config = Config() with { Steps = 12, Accumulation = 3 };
        Train("straight", config);
        using var cancel = new CancellationTokenSource();
        Assert.That(() => Train("stopped", config, trained: train => new Cancelling(train, batch: 8, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(Checkpoints.ReadState(Path.Combine(_root, "stopped", "checkpoints", "last")).Step, Is.EqualTo(3), "an epoch has 5 micro-batches, in steps of 3 and 2");
        Train("stopped", config);
        Assert.That(Content("stopped"), Is.EqualTo(Content("straight")));
    }

    [Test]
    public void Run_KilledAfterAnEvaluationThatWasDoneAgain_HasItsRowOnce()
    {
        var config = Config() with { Lr = 0, Steps = 40, SaveEvery = 40 };
        Train("straight", config);
        using var cancel = new CancellationTokenSource();
        Assert.That(() => Train("stopped", config, evaluated: eval => new Cancelling(eval, batch: 8, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => Train("stopped", config, new Broken(step: 23)), Throws.InvalidOperationException);

        Train("stopped", config);

        Assert.That(Content("stopped"), Is.EqualTo(Content("straight")));
    }

    [Test]
    public void Open_KilledBetweenTheLinksOfLastAndBest_PointsBestAtTheBestOne()
    {
        var run = Path.Combine(_root, "run");
        Train("run", Config() with { Steps = 40, KeepSteps = 9 });
        var best = Path.Combine(run, "checkpoints", "best");
        AtomicLink.TryPoint(best, "step-10");

        RunFolder.Open(run).Dispose();

        Assert.That(Checkpoints.ReadState(best).Step, Is.EqualTo(40), "the loss falls all the while");
    }

    [Test]
    public void Run_TimeOverInAStepThatWasInterrupted_WritesItsRowAndEvaluatesOnce()
    {
        var config = Config() with { Minutes = 1, LogEvery = 3 };
        using var cancel = new CancellationTokenSource();
        Assert.That(() => Train("run", config, new Stop(4, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        var last = Path.Combine(_root, "run", "checkpoints", "last");
        TrainingJson.Write(Path.Combine(last, "state.json"), Checkpoints.ReadState(last) with { Seconds = 61 }, TrainingJson.Default.RunState);

        var result = Train("run", config);

        Assert.That((result.Status, result.Step, result.BestStep), Is.EqualTo(("finished", 4L, 4L)));
        Assert.That(MetricsFile.Read(Path.Combine(_root, "run", "metrics.csv")).Select(r => (r.Step, r.Split)), Is.EqualTo(new[] { (3L, "train"), (4L, "train"), (4L, "eval") }));
        Assert.That(Train("run", config) with { Seconds = 0 }, Is.EqualTo(result with { Seconds = 0 }), "killed between the last checkpoint and the record");
        Assert.That(MetricsFile.Read(Path.Combine(_root, "run", "metrics.csv")), Has.Count.EqualTo(3));
    }

    [Test]
    public void Run_Saves_DrawWithoutReadingTheRowsAgain()
    {
        var metrics = Path.Combine(_root, "run", "metrics.csv");
        Train("run", Config() with { Steps = 40, SaveEvery = 1 }, new Then(step: 3, () => File.Move(metrics, metrics + ".elsewhere")));

        Assert.That(File.ReadAllText(Path.Combine(_root, "run", "loss.svg")), Does.Contain("polyline"));
        Assert.That(MetricsFile.Read(metrics + ".elsewhere"), Has.Count.EqualTo(44));
    }

    [Test]
    public void Run_LastIsAFolder_IsExchangedForTheNewOne()
    {
        var config = Config() with { Steps = 40, SaveEvery = 7 };
        Train("straight", config);
        using var cancel = new CancellationTokenSource();
        Assert.That(() => Train("stopped", config, new Stop(16, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());
        foreach (var link in new[] { "last", "best" }.Select(name => new DirectoryInfo(Path.Combine(_root, "stopped", "checkpoints", name))))
        {
            var step = link.ResolveLinkTarget(true)!.FullName; // as a file system without links has them
            link.Delete();
            RunFolder.CopyIn(step, link.FullName);
        }

        Train("stopped", config);

        Assert.That(Content("stopped"), Is.EqualTo(Content("straight")));
        Assert.That(State("stopped", "last"), Is.EqualTo(State("straight", "last")));
        Assert.That(State("stopped", "best"), Is.EqualTo(State("straight", "best")));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(_root, "stopped", "checkpoints")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "last", "best", "step-40" }));
    }

    [Test]
    public void Run_NoBetterEvaluation_StopsEarlyAndSaysSo()
    {
        var config = Config() with { Lr = 0, Steps = 100, EarlyStop = 3, LogEvery = 7 };
        var result = Train("straight", config);
        var cancel = new CancellationTokenSource();
        Assert.That(() => Train("stopped", config, new Stop(25, cancel), cancellation: cancel.Token), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(result.Step, Is.EqualTo(40), "the best one, and three after it");
        Assert.That(result.Reason, Does.StartWith("stopped early: 3 evaluations without a better loss than ").And.EndsWith("(step 10)"));
        Assert.That(Train("stopped", config) with { Seconds = 0 }, Is.EqualTo(result with { Seconds = 0 }));
        Assert.That(Content("stopped"), Is.EqualTo(Content("straight")));
        Assert.That(Rows("straight").Select(r => r.Step), Is.EqualTo(new long[] { 7, 14, 21, 28, 35, 40 }));
        Assert.That(Train("stopped", config).Reason, Is.EqualTo(result.Reason), "killed between the last checkpoint and the record");
    }

    [Test]
    public void Run_WithAMetric_GoesByItsHighestValue()
    {
        using var folder = RunFolder.Create(Path.Combine(_root, "run"), false);
        var engine = new LineEngine();
        var examples = new TensorExamples(Data, engine.Inputs, null);
        var config = Config() with { Steps = 100, EarlyStop = 2, Metric = "smallness" };

        var result = new TrainLoop(engine, examples, new Measured(examples), config, folder, null).Run(default);

        Assert.That((result.Step, result.BestStep), Is.EqualTo((30L, 10L)), "the loss falls all the while, and w grows");
        Assert.That(result.Reason, Is.EqualTo($"stopped early: 2 evaluations without a better smallness than {result.BestMetric} (step 10)"));
        Assert.That(result.EvalLoss, Is.LessThan(result.BestLoss!));
        Assert.That(TensorFile.Open(Path.Combine(folder.Path, "checkpoints", "best", "model.safetensors"))["w"].As<float>()[0], Is.EqualTo(-result.BestMetric));
        Assert.That(() => new TrainLoop(engine, examples, new Measured(examples), config with { Metric = "height" }, folder, null),
            Throws.TypeOf<TrainingException>().With.Message.Contains("this run evaluates smallness").And.Property("ExitCode").EqualTo(64));
    }

    [Test]
    public void Run_EarlyStopWithoutEvaluation_IsRefused()
    {
        using var folder = RunFolder.Create(Path.Combine(_root, "run"), false);
        var engine = new LineEngine();

        Assert.That(() => new TrainLoop(engine, new TensorExamples(Data, engine.Inputs, null), null, Config() with { EarlyStop = 1 }, folder, null),
            Throws.TypeOf<TrainingException>().With.Message.Contains("--early-stop").And.Property("ExitCode").EqualTo(64));
    }

    [Test]
    public void Run_GroupWithoutARate_KeepsItsParameters()
    {
        Train("run", Config() with { Steps = 20, Group = ["b: lr=0", "w: weight-decay=0.1"] });

        var last = TensorFile.Open(Path.Combine(_root, "run", "checkpoints", "last", "model.safetensors"));
        Assert.That(last["b"].As<float>()[0], Is.Zero);
        Assert.That(last["w"].As<float>()[0], Is.GreaterThan(0.5f));
    }

    [Test]
    public void Run_NaNLoss_NamesStepAndAdviceAndKeepsTheLastCheckpoint()
    {
        var error = Assert.Throws<TrainingException>(() => Train("run", Config() with { Lr = 1e30, SaveEvery = 1 }));

        Assert.That(error!.Message, Does.Match("Step [0-9]+, micro-batch 1 .*--lr"));
        var last = TensorFile.Open(Path.Combine(_root, "run", "checkpoints", "last", "model.safetensors"));
        Assert.That(last["w"].As<float>()[0], Is.Not.NaN);
    }

    [Test]
    public void Step_Accumulated_EqualsOneLargeBatch()
    {
        Train("large", Config() with { BatchSize = 8, Steps = 5, Shuffle = false });
        Train("small", Config() with { BatchSize = 4, Accumulation = 2, Steps = 5, Shuffle = false });

        var (large, small) = (Rows("large"), Rows("small"));
        Assert.That(small.Select(r => r.Loss), Is.EqualTo(large.Select(r => r.Loss)).Within(1e-5));
        Assert.That(small.Select(r => r.Tokens), Is.EqualTo(large.Select(r => r.Tokens)));
    }

    [Test]
    public void Create_ExistingRun_IsRefusedUnlessForced()
    {
        Train("run", Config() with { Steps = 3 });
        var path = Path.Combine(_root, "run");

        Assert.That(() => RunFolder.Create(path, false), Throws.TypeOf<OutputExistsException>().With.Property("ExitCode").EqualTo(64));
        using (var folder = RunFolder.Create(path, true))
        {
            Assert.That(Directory.Exists(Path.Combine(_root, ".run.replaced")), "kept until the first save");
            Loop(folder, Config() with { Steps = 2 }, null).Run(default);
        }

        Assert.That(Rows("run"), Has.Count.EqualTo(2));
        Assert.That(Directory.GetDirectories(_root), Is.EqualTo(new[] { path }));
    }

    private static RunConfig Config() => new()
    {
        Verb = "train",
        Data = ["x"],
        BatchSize = 5,
        Optimizer = "sgd",
        Lr = 0.05,
        Momentum = 0.5,
        Schedule = "cosine",
        Warmup = Warmup.Parse("10%"),
        Seed = 3,
        MaxGradNorm = 1,
        EvalEvery = 10,
    };

    private RunResult Train(string name, RunConfig config, IProgress<TrainProgress>? progress = null, Func<IExamples, IExamples>? evaluated = null, Func<IExamples, IExamples>? trained = null, CancellationToken cancellation = default)
    {
        var path = Path.Combine(_root, name);
        using var folder = File.Exists(Path.Combine(path, "run.json")) ? RunFolder.Open(path) : RunFolder.Create(path, false);
        folder.Write(new RunRecord { Config = config });
        return Loop(folder, config, progress, evaluated, trained).Run(cancellation);
    }

    private TrainLoop Loop(RunFolder folder, RunConfig config, IProgress<TrainProgress>? progress, Func<IExamples, IExamples>? evaluated = null, Func<IExamples, IExamples>? trained = null)
    {
        var engine = new LineEngine();
        var examples = new TensorExamples(Data, engine.Inputs, null);
        return new(engine, trained?.Invoke(examples) ?? examples, evaluated?.Invoke(examples) ?? examples, config, folder, progress);
    }

    private RunState State(string name, string checkpoint) => Checkpoints.ReadState(Path.Combine(_root, name, "checkpoints", checkpoint)) with { Seconds = 0 };

    private IReadOnlyList<MetricsFile.Row> Rows(string name) =>
        [.. MetricsFile.Read(Path.Combine(_root, name, "metrics.csv")).Where(r => r.Split == "train")];

    private string Content(string name) =>
        string.Join("\n", MetricsFile.Read(Path.Combine(_root, name, "metrics.csv")).Select(r => r with { Seconds = 0 }))
        + Convert.ToHexString(File.ReadAllBytes(Path.Combine(_root, name, "checkpoints", "last", "model.safetensors")));

    private sealed class Measured(IExamples examples) : IExamples
    {
        public long Count => examples.Count;

        public string Unit => examples.Unit;

        public IReadOnlyList<string> Metrics => ["smallness"];

        public long Counted(long epoch, ReadOnlySpan<long> rows) => examples.Counted(epoch, rows);

        public void Fill(ITrainingEngine engine, long epoch, ReadOnlySpan<long> rows) => examples.Fill(engine, epoch, rows);
    }

    /// <summary>Cancels when it is asked for a batch by its number, from 1.</summary>
    private sealed class Cancelling(IExamples examples, int batch, CancellationTokenSource cancel) : IExamples
    {
        private int _asked;

        public long Count => examples.Count;

        public string Unit => examples.Unit;

        public long Counted(long epoch, ReadOnlySpan<long> rows) => examples.Counted(epoch, rows);

        public void Fill(ITrainingEngine engine, long epoch, ReadOnlySpan<long> rows)
        {
            if (++_asked == batch)
            {
                cancel.Cancel();
            }

            examples.Fill(engine, epoch, rows);
        }
    }

    /// <summary>Ends a run at a step without a chance to save, as a kill does.</summary>
    private sealed class Broken(long step) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value)
        {
            if (value.Step == step)
            {
                throw new InvalidOperationException();
            }
        }
    }

    /// <summary>Does something after a step.</summary>
    private sealed class Then(long step, Action does) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value)
        {
            if (value.Step == step)
            {
                does();
            }
        }
    }

    /// <summary>Cancels after a step; unlike Progress it calls back at once.</summary>
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
