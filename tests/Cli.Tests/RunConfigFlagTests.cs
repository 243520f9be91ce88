using NUnit.Framework;

namespace OnnxPipeline.Cli.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RunConfigFlagTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onnxpipe-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IEnumerable<string> Recipes()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "OnnxPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return Directory.EnumerateFiles(Path.Combine(folder.FullName, "models"), "recipe.yaml", SearchOption.AllDirectories);
    }

    [TestCaseSource(nameof(Recipes))]
    public async Task Recipe_OfTheRepository_Parses(string recipe)
    {
        var verb = File.ReadLines(recipe).First(line => line.StartsWith("verb:", StringComparison.Ordinal))["verb:".Length..].Trim();

        var call = await Call.Of(verb, "--run-config", recipe, "--resume", Path.Combine(_folder, "R"));

        Assert.That((call.Code, call.Error), Is.EqualTo((1, $"error: {Path.Combine(_folder, "R")} is not a run: it has no run.json. Start one with --out.\n")), "it came as far as that");
    }

    [TestCase("lr: fast", 64, "line 1: --lr: 'fast' is not a number")]
    [TestCase("\nlearning-rate: 1", 64, "line 2: there is no key 'learning-rate'")]
    [TestCase("no-shuffle: 3", 64, "line 1: no-shuffle is '3', wanted true or false")]
    [TestCase("no-shuffle: [true, false]", 64, "line 1: no-shuffle is 'true, false', wanted true or false")]
    [TestCase("group: '*: speed=1'\nartifacts: A\ndata: d.npz", 64, "--group '*: speed=1'")]
    [TestCase("momentum: 0.9\nartifacts: A\ndata: d.npz", 64, "--momentum does not go with --optimizer adamw")]
    [TestCase("optimizer: sgd\nadam-mode: 0\nartifacts: A\ndata: d.npz", 64, "--adam-mode does not go with --optimizer sgd")]
    [TestCase("schedule: linear\nmin-lr: 1e-5\nartifacts: A\ndata: d.npz", 64, "--min-lr")]
    [TestCase("artifacts: A\ndata: [d.npz]", 1, "/A does not exist")]
    [TestCase("artifacts: /nowhere/A\ndata: d.npz", 1, "error: /nowhere/A does not exist")]
    [TestCase("data: d.npz", 64, "--artifacts is missing")]
    public async Task File_OfACall_StandsForItsFlags(string yaml, int code, string error)
    {
        File.WriteAllText(Path.Combine(_folder, "run.yaml"), yaml);
        MakeArtifacts(code == 64 && yaml.Contains("artifacts: A", StringComparison.Ordinal));

        var call = await Call.Of("train", "--run-config", Path.Combine(_folder, "run.yaml"), "--out", Path.Combine(_folder, "R"));

        Assert.That(call.Error, Does.Contain(error));
        Assert.That(call.Code, Is.EqualTo(code), call.Error);
        Assert.That(Directory.Exists(Path.Combine(_folder, "R")), Is.False);
    }

    [Test]
    public async Task File_FlagGivenToo_TheFlagWins()
    {
        File.WriteAllText(Path.Combine(_folder, "run.yaml"), "artifacts: A\ndata: d.npz\n");

        var call = await Call.Of("train", "--run-config", Path.Combine(_folder, "run.yaml"), "--artifacts", "/nowhere/B", "--out", Path.Combine(_folder, "R"));

        Assert.That(call.Error, Does.StartWith("error: /nowhere/B does not exist"));
    }

    [Test]
    public async Task File_AnotherFlagForTheSameGiven_TheFlagWins()
    {
        File.WriteAllText(Path.Combine(_folder, "run.yaml"), "steps: 3000\nconfig: c.json\ndata: d.txt\n");
        File.WriteAllText(Path.Combine(_folder, "d.txt"), "text");

        var call = await Call.Of("pretrain", "--run-config", Path.Combine(_folder, "run.yaml"), "--epochs", "1", "--model", "/nowhere/M", "--out", Path.Combine(_folder, "R"));

        Assert.That(call.Error, Does.StartWith("error: /nowhere/M does not exist"));
    }

    [Test]
    public async Task File_Absent_IsToldByName() => Assert.That((await Call.Of("train", "--run-config", "/nowhere/run.yaml", "--out", "R")).Error, Does.StartWith("error: /nowhere/run.yaml"));

    private void MakeArtifacts(bool wanted)
    {
        if (wanted)
        {
            Directory.CreateDirectory(Path.Combine(_folder, "A"));
            new OnnxPipeline.Files.Manifest().Write(Path.Combine(_folder, "A", "manifest.json"));
        }
    }
}
