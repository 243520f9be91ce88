using System.Buffers.Binary;
using NUnit.Framework;
using OnnxPipeline.Training.Events;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EventFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("events").FullName;

    private IEnumerable<string> Files => Directory.EnumerateFiles(_folder, "events.out.tfevents.*").Order(StringComparer.Ordinal);

    public void Dispose() => Directory.Delete(_folder, true);

    [Test]
    public void Add_Rows_AreScalarsAtTheirSteps()
    {
        using (var file = EventFile.Create(_folder, 0))
        {
            file.Add(new(1, "train", 0, 0.5f, 2, 7, 1));
            file.Add(new(1, "eval", 3, null, null, 7, 1));
        }

        var events = Read(Files.Single());
        Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
        Assert.That(events.Skip(2).SelectMany(e => e.Summary.Value.Select(v => (e.Step, v.Tag, v.HasSimpleValue, v.SimpleValue))),
            Is.EqualTo(new[] { (1L, "train/loss", true, 0f), (1, "train/lr", true, 0.5f), (1, "train/grad_norm", true, 2), (1, "eval/loss", true, 3) }));
        Assert.That(events.Select(e => e.WallTime), Is.All.GreaterThan(1.7e9));
    }

    [Test]
    public void Create_AfterACheckpoint_TakesBackTheStepsAfterItInAFileThatComesLater()
    {
        foreach (var step in new[] { 0, 5, 5 })
        {
            EventFile.Create(_folder, step).Dispose();
        }

        Assert.That(Files.Select(file => Read(file)[1]).Select(e => (e.SessionLog.Status, e.Step)),
            Is.EqualTo(new[] { 1L, 6, 6 }.Select(step => (SessionLog.Types.SessionStatus.Start, step))));
    }

    /// <summary>Reads a file as TensorBoard does: both checksums have to be right.</summary>
    private static List<Event> Read(string path)
    {
        var events = new List<Event>();
        for (ReadOnlySpan<byte> rest = File.ReadAllBytes(path); !rest.IsEmpty;)
        {
            var size = (int)BinaryPrimitives.ReadInt64LittleEndian(rest);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]), Is.EqualTo(Masked(rest[..8])));
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + size)..]), Is.EqualTo(Masked(rest.Slice(12, size))));
            events.Add(Event.Parser.ParseFrom(rest.Slice(12, size)));
            rest = rest[(16 + size)..];
        }

        return events;
    }

    /// <summary>CRC-32C bit by bit, by its polynomial.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
