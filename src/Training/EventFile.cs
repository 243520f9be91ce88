using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using OnnxPipeline.Training.Events;

namespace OnnxPipeline.Training;

/// <summary>
/// <c>events.out.tfevents.*</c>: the numbers of metrics.csv as TensorBoard reads them. Every process that works on a run begins a file of its own;
/// its first events tell TensorBoard to drop what an earlier one wrote of the steps that are now done again. A record is length (8 bytes),
/// checksum of the length (4), event, checksum of the event (4), little-endian.
/// </summary>
public sealed class EventFile : IDisposable
{
    private const string Prefix = "events.out.tfevents.";

    private readonly FileStream _stream;

    private EventFile(FileStream stream) => _stream = stream;

    /// <summary>Begins a file. TensorBoard reads the files of a folder in the order of their names, so that a new one comes after those that are there.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="lastStep">Steps that stay as they are.</param>
    public static EventFile Create(string folder, long lastStep)
    {
        var last = Directory.EnumerateFiles(folder, Prefix + "*").Select(Path.GetFileName).Max(StringComparer.Ordinal);
        var lastTime = last?.Split('.') is [_, _, _, var time, ..] && long.TryParse(time, out var seconds) ? seconds + 1 : 0;
        var name = $"{Prefix}{Math.Max(DateTimeOffset.UtcNow.ToUnixTimeSeconds(), lastTime):D10}.onnxpipe";
        var file = new EventFile(new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read));
        file.Write(new Event { FileVersion = "brain.Event:2" });
        file.Write(new Event { Step = lastStep + 1, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
        return file;
    }

    /// <summary>Adds <c>train/loss</c>, <c>train/lr</c> and <c>train/grad_norm</c>, or <c>eval/loss</c> and what else was evaluated, at the row's step.</summary>
    public void Add(MetricsFile.Row row, params IReadOnlyList<(string Name, float? Value)> metrics)
    {
        var summary = new Summary { Value = { Scalar(row.Split, "loss", row.Loss) } };
        if (row.Rate is { } rate)
        {
            summary.Value.Add(Scalar(row.Split, "lr", rate));
        }

        if (row.GradientNorm is { } norm)
        {
            summary.Value.Add(Scalar(row.Split, "grad_norm", norm));
        }

        summary.Value.Add(metrics.Where(metric => metric.Value is not null).Select(metric => Scalar(row.Split, metric.Name, metric.Value!.Value)));
        Write(new Event { Step = row.Step, Summary = summary });
    }

    /// <summary>Everything written so far is on the disk.</summary>
    public void Sync() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    private static Summary.Types.Value Scalar(string split, string name, float value) => new() { Tag = $"{split}/{name}", SimpleValue = value };

    private void Write(Event content)
    {
        content.WallTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var size = content.CalculateSize();
        var record = new byte[12 + size + 4];
        BinaryPrimitives.WriteInt64LittleEndian(record, size);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), Masked(record.AsSpan(0, 8)));
        content.WriteTo(record.AsSpan(12, size));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + size), Masked(record.AsSpan(12, size)));
        _stream.Write(record);
        _stream.Flush();
    }

    /// <summary>CRC-32C, turned right by 15 bits, plus a constant: so that a checksum of data with checksums in it is one too.</summary>
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
