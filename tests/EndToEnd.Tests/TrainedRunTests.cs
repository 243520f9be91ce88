using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>Runs that are killed, stopped, asked for twice, or given what they cannot use.</summary>
[TestFixture]
public sealed class TrainedRunTests
{
    private const int Steps = 300;

    private string _root = "";

    private string Data => Path.Combine(_root, "data.safetensors");

    private string Artifacts => Path.Combine(_root, "artifacts");

    private string Straight => Path.Combine(_root, "straight");

    [OneTimeSetUp]
    public void Make()
    {
        _root = Directory.CreateTempSubdirectory("onnxpipe-runs-").FullName;
        Perceptron.WriteData(_root);
        Program.Ok("artifacts", "--model", Perceptron.WriteModel(_root, hidden: 128, normalized: true), "--batch-norm", "train", "--out", Artifacts);
        Program.Ok(Train(Straight));
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_root, true);

    [TestCase(1)]
    [TestCase(25)]
    public void Train_KilledAtRandomMomentsAndResumed_EndsBitForBitAsIfLeftAlone(int saveEvery)
    {
        var run = Folder();
        var random = new Random(saveEvery);
        var args = Train(run, "--save-every", $"{saveEvery}");
        for (var kill = 0; kill < 4; kill++)
        {
            var goal = kill == 0 ? 1 : Rows(run).Count + random.Next(1, 40); // once before the first save of every 25
            Program.Run(args, process =>
            {
                Program.Wait(() => process.HasExited || Rows(run).Count >= goal);
                Thread.Sleep(random.Next(0, 5));
                process.Kill();
            });
            args = ["train", "--resume", run];
        }

        Program.Ok(args);

        AssertSame(run);
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    public void Train_Interrupted_SavesEndsWith130AndGoesOn(string signal)
    {
        var run = Folder();
        var ending = Program.Interrupt(Train(run, "--save-every", "100000"), () => Rows(run).Count > 20, signal);

        Assert.That(ending.Code, Is.EqualTo(130), ending.Error);
        var done = Rows(run);
        Assert.That(done, Has.Count.InRange(20, Steps - 1));
        Program.Ok("train", "--resume", run);
        Assert.That(Rows(run).Take(done.Count), Is.EqualTo(done), "rows of steps that were saved");
        AssertSame(run);
    }

    [Test]
    public void Export_OfATrainedRun_HasTheRunningStatistics()
    {
        var folder = Folder();
        Program.Ok("export", "--run", Straight, "--out", folder);

        var last = TensorFile.Open(Path.Combine(Straight, "checkpoints", "last", "model.safetensors"));
        var graph = ModelFile.Load(Path.Combine(folder, "model.onnx")).Graph;
        var layer = graph.Nodes.Single(n => n.OpType == "BatchNormalization");
        Assert.That(layer.Inputs[4]!.Initializer!.As<float>().ToArray(), Is.EqualTo(last["bn.running_var"].As<float>().ToArray()).And.None.EqualTo(1));
        Assert.That(layer.Inputs[3]!.Initializer!.As<float>().ToArray(), Is.EqualTo(last["bn.running_mean"].As<float>().ToArray()));
    }

    [Test]
    public void Train_SecondProcessOnTheSameRun_IsRefused()
    {
        var run = Folder();
        Program.Ending? second = null;
        var first = Program.Run(Train(run), process =>
        {
            Program.Wait(() => process.HasExited || Rows(run).Count > 0);
            Program.Signal(process, "STOP");
            second = Program.Run("train", "--resume", run);
            Program.Signal(process, "CONT");
        });

        Assert.That(second!.Code, Is.EqualTo(1));
        Assert.That(second.Error, Does.StartWith("error: ").And.Contain("in use by another process"));
        Assert.That(first.Code, Is.Zero, first.Error);
        AssertSame(run);
    }

    [Test]
    public void Resume_FinishedRun_SaysSoAndChangesNothing()
    {
        var before = Content(Straight);
        var ending = Program.Run("train", "--resume", Straight);

        Assert.That(ending.Code, Is.Zero);
        Assert.That(ending.Error, Does.Contain("finished at step 300"));
        Assert.That(Content(Straight), Is.EqualTo(before));
    }

    [Test]
    public void Resume_WithAFlagThatWouldChangeTheRun_IsRefused()
    {
        var ending = Program.Run("train", "--resume", Straight, "--seed", "8");

        Assert.That(ending.Code, Is.EqualTo(64));
        Assert.That(ending.Error, Does.Contain("--seed would change the run"));
    }

    [Test]
    public void Train_Diverging_StopsWithStepBatchAndAdvice()
    {
        var ending = Program.Run("train", "--artifacts", Artifacts, "--data", Data, "--optimizer", "sgd", "--lr", "1e38", "--out", Folder());

        Assert.That(ending.Code, Is.EqualTo(1));
        Assert.That(ending.Error, Does.Match(@"error: Step \d+, micro-batch 1 \(examples .*\): .*Try a lower --lr"));
    }

    [Test]
    public void Train_NoLabelThatCounts_WarnsThatNothingWasTrained()
    {
        var data = Path.Combine(_root, "ignored.safetensors");
        TensorFile.Write(data, [new("x", Tensor.From<float>(new float[24], 4, 6)), new("labels", Tensor.Vector<long>(-100, -100, -100, -100))]);
        var ending = Program.Run("train", "--artifacts", Artifacts, "--data", data, "--out", Folder());

        Assert.That(ending.Code, Is.Zero, ending.Error);
        Assert.That(ending.Error, Does.Contain("warning: no label counted in the whole run"));
    }

    [Test]
    public void Train_OnAFullDisk_KeepsTheLastCheckpointAndGoesOnWhenThereIsRoom()
    {
        var ending = Program.Script($"""
            set -e
            mkdir -p '{_root}/small' && mount -t tmpfs -o size=1500k tmpfs '{_root}/small' || exit 99
            code=0
            onnxpipe {string.Join(' ', Train($"{_root}/small/run", "--save-every", "1", "--keep-steps", "1000"))} --quiet || code=$?
            [ $code = 1 ] || exit 98
            mount -o remount,size=64m '{_root}/small'
            onnxpipe train --resume '{_root}/small/run' --quiet
            cp -rP '{_root}/small/run' '{_root}/moved'
            """, "unshare", "-rm");
        if (ending.Code == 99 || ending.Error.Contains("unshare"))
        {
            Assert.Ignore($"A small file system cannot be made here: {ending.Error}");
        }

        Assert.That(ending.Code, Is.Zero, ending.Error);
        Assert.That(ending.Error, Does.Contain("make room"));
        AssertSame(Path.Combine(_root, "moved"));
    }

    [TestCase("100", "The checkpoint of step", Description = "the optimizer's state is larger than the limit")]
    [TestCase("100000", "cannot be written", Description = "the rows of all steps are")]
    public void Resume_WhereAFileCannotGrow_KeepsTheLastCheckpointAndGoesOnWhenItCan(string saveEvery, string named)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("The limit of file sizes stands for a full disk; the runtime is known to start under it on Linux.");
        }

        var run = Folder();
        Program.Interrupt(Train(run, "--save-every", saveEvery), () => Rows(run).Count > 20);
        var saved = Parameters(run);

        var ending = Program.Script($"""
            export DOTNET_EnableWriteXorExecute=0 # it maps a large file
            trap '' XFSZ
            ulimit -f 8
            onnxpipe train --resume '{run}'
            """);

        Assert.That(ending.Code, Is.EqualTo(1), ending.Error);
        Assert.That(ending.Error, Does.Match($"(?m)^error: .*{named}.*The run stands at its last checkpoint; make room and go on with --resume"));
        Assert.That(Parameters(run), Is.EqualTo(saved));
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(run, "checkpoints")), Has.Length.EqualTo(2), "the checkpoint and its link, nothing half written");
        Program.Ok("train", "--resume", run);
        AssertSame(run);
    }

    [Test]
    public void Train_TruncatedCheckpointOrModel_IsRefusedInOneLine()
    {
        var folder = Folder();
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Artifacts))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        foreach (var name in new[] { "checkpoint", "training_model.onnx" })
        {
            var path = Path.Combine(folder, name);
            var whole = File.ReadAllBytes(path);
            File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
            var out_ = Folder();
            var ending = Program.Run("train", "--artifacts", folder, "--data", Data, "--out", out_);
            File.WriteAllBytes(path, whole);

            Assert.That(ending.Code, Is.EqualTo(1));
            Assert.That(ending.Error.TrimEnd(), Does.StartWith("error: ").And.Contain(name).And.Not.Contain("\n"));
            Assert.That(Directory.Exists(out_), Is.False);
        }
    }

    private string[] Train(string run, params ReadOnlySpan<string> more) =>
    [
        "train", "--artifacts", Artifacts, "--data", Data, "--batch-size", "4", "--accumulation", "2", "--steps", $"{Steps}", "--seed", "3", "--lr", "1e-2",
        "--schedule", "cosine", "--warmup", "10%", "--threads", "1", "--out", run, .. more,
    ];

    private string Folder() => Path.Combine(_root, Path.GetRandomFileName());

    private void AssertSame(string run)
    {
        Assert.That(Losses(run), Is.EqualTo(Losses(Straight)));
        var (found, wanted) = (Parameters(run), Parameters(Straight));
        Assert.That(found.Keys, Is.EquivalentTo(wanted.Keys));
        foreach (var (name, bytes) in wanted)
        {
            Assert.That(found[name], Is.EqualTo(bytes), name);
        }
    }

    private static Dictionary<string, string> Parameters(string run)
    {
        var file = TensorFile.Open(Path.Combine(run, "checkpoints", "last", "model.safetensors"));
        return file.Names.ToDictionary(name => name, name => Convert.ToHexString(file[name].Bytes.Span));
    }

    /// <summary>Step, loss, rate, norm and tokens of every row; not the seconds.</summary>
    private static IEnumerable<string> Losses(string run) => Rows(run).Select(row => row[..row.LastIndexOf(',')]);

    private static List<string> Rows(string run)
    {
        var path = Path.Combine(run, "metrics.csv");
        if (!File.Exists(path))
        {
            return [];
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return [.. reader.ReadToEnd().Split('\n')[1..].SkipLast(1)];
    }

    private static string Content(string folder) => string.Join('\n', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order().Select(f => f + Sha256.Of(f)));
}
