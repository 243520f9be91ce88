using NUnit.Framework;
using OnnxPipeline.Fuzz;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>Some of the cases that <c>tests/Benchmarks fuzz</c> runs by the thousand.</summary>
public sealed class DamagedModelTests
{
    private const int Cases = 400;

    /// <summary>Far above what a case takes on a busy machine: what is held is that it ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Test]
    public void Run_DamagedModels_AreRefusedInASentenceOrBecomeArtifacts()
    {
        using var folder = new TemporaryFolder();
        var stages = new Dictionary<ModelCase.Stage, int>();
        for (var number = 0; number < Cases; number++)
        {
            var path = Directory.CreateDirectory(folder["model"]).FullName;
            var run = Task.Run(() => ModelCase.Run(seed: 1, number, path));
            Assert.That(Task.WaitAny([run], Patience), Is.Zero, $"case {number} does not end");
            Assert.That(run.Exception?.InnerException, Is.Null, $"case {number}");
            stages[run.Result] = stages.GetValueOrDefault(run.Result) + 1;
        }

        Assert.That(stages.Keys, Is.EquivalentTo(Enum.GetValues<ModelCase.Stage>()), "the damage reaches every stage");
    }

    [Test]
    public void Run_DamagedTensorFiles_AreRefusedOrRead()
    {
        using var folder = new TemporaryFolder();
        var path = Directory.CreateDirectory(folder["tensors"]).FullName;
        var read = Enumerable.Range(0, Cases).Count(number => TensorCase.Run(seed: 1, number, path));
        Assert.That(read, Is.InRange(1, Cases - 1));
    }
}
