using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StepLinesTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Test]
    public void Open_SamplesOfLaterStepsAndATornLine_AreCut()
    {
        Sample[] samples = [new(1, "Straße „a“", "one\ntwo \"three\""), new(5, "", "日本"), new(6, "p", "t")];
        using (var lines = Open(0))
        {
            foreach (var sample in samples)
            {
                lines.Add(sample.ToLine());
            }

            lines.Add("");
        }

        File.AppendAllText(_path, "{\"step\":1");
        Open(5).Dispose();

        Assert.That(File.ReadLines(_path).Select(Sample.OfLine), Is.EqualTo(samples[..2]));
        Assert.That(File.ReadAllText(_path), Does.Contain("Straße").And.Contain("日本"), "readable");
    }

    private StepLines Open(long lastStep) => StepLines.Open(_path, null, line => Sample.OfLine(line)?.Step <= lastStep);
}
