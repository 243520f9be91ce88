using System.Runtime.InteropServices;
using System.Text;

namespace OnnxPipeline.Benchmarks.Datasets;

/// <summary>Files to measure with.</summary>
internal static class Made
{
    private const int SampleBytes = 20_000_000;

    /// <summary>A safetensors file of <c>x</c> float32 [rows, <paramref name="width"/>] and <c>labels</c> int64 [rows], written as it goes: a tensor may be larger than memory.</summary>
    public static void Rows(string path, long bytes, int width)
    {
        var rows = bytes / (4 * width + 8);
        var header = Encoding.UTF8.GetBytes($$"""{"labels":{"dtype":"I64","shape":[{{rows}}],"data_offsets":[0,{{8 * rows}}] },"x":{"dtype":"F32","shape":[{{rows}},{{width}}],"data_offsets":[{{8 * rows}},{{(8 + 4L * width) * rows}}] } }""".PadRight(256));
        using var stream = File.Create(path);
        stream.Write(BitConverter.GetBytes((long)header.Length));
        stream.Write(header);
        for (long row = 0; row < rows; row++)
        {
            stream.Write(BitConverter.GetBytes(row % 10));
        }

        var values = MemoryMarshal.AsBytes(Data.Uniform(width, -1, 1).AsSpan());
        for (long row = 0; row < rows; row++)
        {
            stream.Write(values);
        }
    }

    /// <summary>
    /// Text in documents between blank lines, and <c>sample.txt</c> beside it with its beginning. Without a source of 20,000 made-up words, of which the r-th most
    /// frequent has 1/(r + 2.7) of the first one's share, as in language.
    /// </summary>
    /// <param name="source">A text that is repeated; null: made up.</param>
    public static void Text(string path, long bytes, string? source)
    {
        var sample = Path.Combine(Path.GetDirectoryName(path)!, "sample.txt");
        using (var stream = File.Create(path))
        {
            var given = source is null ? null : File.ReadAllBytes(source);
            foreach (var part in given is null ? MadeUp() : Enumerable.Repeat(given, int.MaxValue))
            {
                stream.Write(part);
                if (stream.Length >= bytes)
                {
                    break;
                }
            }
        }

        using var from = File.OpenRead(path);
        var start = new byte[Math.Min(SampleBytes, from.Length)];
        from.ReadExactly(start);
        File.WriteAllBytes(sample, start[..(start.AsSpan().LastIndexOf((byte)'\n') + 1)]);
    }

    private static IEnumerable<byte[]> MadeUp()
    {
        var random = new Random(1);
        string[] syllables = [.. from a in "bdfgklmnprstvz" from b in "aeiou" from c in new[] { "", "n", "r", "s" } select $"{a}{b}{c}"];
        string[] words = [.. Enumerable.Range(0, 20_000).Select(_ => string.Concat(random.GetItems(syllables, random.Next(1, 4))))];
        var shares = new double[words.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            shares[i] = 1 / (i + 3.7) + (i > 0 ? shares[i - 1] : 0);
        }

        var text = new StringBuilder();
        while (true)
        {
            text.Clear();
            for (var line = random.Next(3, 40); line > 0; line--)
            {
                for (var word = random.Next(5, 25); word > 0; word--)
                {
                    var found = Array.BinarySearch(shares, random.NextDouble() * shares[^1]);
                    text.Append(words[Math.Min(found < 0 ? ~found : found, words.Length - 1)]).Append(word > 1 ? ' ' : '.');
                }

                text.Append('\n');
            }

            yield return Encoding.UTF8.GetBytes(text.Append('\n').ToString());
        }
    }
}
