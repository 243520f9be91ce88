using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class MetricsFileTests
{
    private string _path = "";

    [SetUp]
    public void Make() => _path = Path.Combine(Directory.CreateTempSubdirectory("metrics").FullName, "metrics.csv");

    [TearDown]
    public void Remove() => Directory.Delete(Path.GetDirectoryName(_path)!, true);

    [Test]
    public void Add_TrainAndEval_WritesTheColumnsOfTheContract()
    {
        using (var file = MetricsFile.Open(_path, 0, []))
        {
            file.Add(new(1, "train", 0.1f, 1e-3f, 2.5f, 12, 0.25));
            file.Add(new(1, "eval", 1.5f, null, null, 12, 0.5));
        }

        Assert.That(File.ReadAllText(_path), Is.EqualTo("step,split,loss,lr,grad_norm,tokens,seconds\n1,train,0.1,0.001,2.5,12,0.25\n1,eval,1.5,,,12,0.5\n"));
        Assert.That(MetricsFile.Read(_path)[1], Is.EqualTo(new MetricsFile.Row(1, "eval", 1.5f, null, null, 12, 0.5)));
    }

    [Test]
    public void Add_WithMetrics_PutsThemBehindTheColumnsOfEvaluations()
    {
        using (var file = MetricsFile.Open(_path, 0, ["masked_accuracy", "other"]))
        {
            file.Add(new(1, "train", 0.1f, 1e-3f, 2.5f, 12, 0.25));
            file.Add(new(1, "eval", 1.5f, null, null, 12, 0.5), [0.25f, null]);
            file.Add(new(2, "train", 0.1f, 1e-3f, 2.5f, 24, 0.75));
        }

        MetricsFile.Open(_path, 1, ["masked_accuracy", "other"]).Dispose();

        Assert.That(File.ReadAllText(_path), Is.EqualTo("step,split,loss,lr,grad_norm,tokens,seconds,masked_accuracy,other\n1,train,0.1,0.001,2.5,12,0.25,,\n1,eval,1.5,,,12,0.5,0.25,\n"));
        Assert.That(MetricsFile.Read(_path), Has.Count.EqualTo(2));
    }

    [TestCase(2, "1,train,1,,,1,1\n2,train,1,,,1,1\n", 1L)]
    [TestCase(2, "1,train,1,,,1,1\n2,train,1,,,1,1\n2,eval,1,,,1,1\n")]
    [TestCase(0, "")]
    [TestCase(9, "1,train,1,,,1,1\n2,train,1,,,1,1\n2,eval,1,,,1,1\n3,train,1,,,1,1\n")]
    public void Open_RowsAfterTheCheckpointOrBroken_AreCut(long lastStep, string kept, long? lastEvaluation = null)
    {
        File.WriteAllText(_path, MetricsFile.Header + "\n1,train,1,,,1,1\n2,train,1,,,1,1\n2,eval,1,,,1,1\n3,train,1,,,1,1\n4,tra");

        MetricsFile.Open(_path, lastStep, [], lastEvaluation).Dispose();

        Assert.That(File.ReadAllText(_path), Is.EqualTo(MetricsFile.Header + "\n" + kept));
    }
}
