using NUnit.Framework;

namespace OnnxPipeline.Files.Tests;

/// <summary>Damaged files must be read or refused with <see cref="FileFormatException"/>, nothing else.</summary>
internal static class Mutations
{
    public static void ReadOrRefuse(byte[] good, string path, Func<string, object> read)
    {
        var random = new Random(1);
        var refused = 0;
        for (var i = 0; i < 1200; i++)
        {
            var bad = (byte[])good.Clone();
            var at = random.Next(bad.Length);
            switch (i % 3)
            {
                case 0:
                    bad[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    Array.Resize(ref bad, at);
                    break;
                default:
                    random.NextBytes(bad.AsSpan(at, Math.Min(4, bad.Length - at)));
                    break;
            }

            File.WriteAllBytes(path, bad);
            try
            {
                _ = read(path);
            }
            catch (FileFormatException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(380), "truncated files at least are refused");
    }
}
