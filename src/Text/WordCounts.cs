using System.Numerics;
using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// How often each different word of a text occurs, in memory that can be bounded. The words stand one after another in one array of UTF-8:
/// a third of what a dictionary of short strings takes, and nothing for the garbage collector to walk through.
/// </summary>
internal sealed class WordCounts
{
    private byte[] _text = new byte[1 << 12];
    private Entry[] _entries = new Entry[1 << 8];
    private int[] _buckets = new int[1 << 8]; // as many as entries, a power of two: by hash, 1 + the entry added last

    /// <summary>Different words.</summary>
    public int Count { get; private set; }

    /// <summary>UTF-8 bytes of the different words together.</summary>
    public int Bytes { get; private set; }

    /// <summary>Words that were added, each as often as it was; those that were left out are among them.</summary>
    public long Total { get; private set; }

    /// <summary>How many of <see cref="Total"/> <see cref="Fit"/> left out.</summary>
    public long LeftOut { get; private set; }

    /// <summary>UTF-8 bytes of the text in words, or ends of words, that nobody added because they are too long.</summary>
    public long PassedOverBytes { get; private set; }

    /// <param name="index">Below <see cref="Count"/>.</param>
    /// <returns>UTF-8.</returns>
    public ReadOnlySpan<byte> Word(int index) => _text.AsSpan(_entries[index].Start, _entries[index].Length);

    /// <param name="index">Below <see cref="Count"/>.</param>
    public long Occurrences(int index) => _entries[index].Count;

    public void Add(ReadOnlySpan<char> word)
    {
        Reserve(3 * word.Length);
        AddLast(Encoding.UTF8.GetBytes(word, _text.AsSpan(Bytes)), 1);
    }

    public void PassOver(ReadOnlySpan<char> text) => PassedOverBytes += Encoding.UTF8.GetByteCount(text);

    public void Add(WordCounts more)
    {
        PassedOverBytes += more.PassedOverBytes;
        for (var i = 0; i < more.Count; i++)
        {
            var word = more.Word(i);
            Reserve(word.Length);
            word.CopyTo(_text.AsSpan(Bytes));
            AddLast(word.Length, more.Occurrences(i));
        }
    }

    /// <summary>Forgets everything but keeps the memory.</summary>
    public void Clear()
    {
        (Count, Bytes, Total, LeftOut, PassedOverBytes) = (0, 0, 0, 0, 0);
        Array.Clear(_buckets);
    }

    /// <summary>
    /// Where there are more words than may be held, leaves as many as half of the room takes, the most frequent first; a word that was left out is
    /// counted from 0 should it come again. Of equally frequent words those with the smallest hashes stay, each time the same part of them, so that
    /// their counts miss nothing. What stays depends on the counts alone, not on the order in which words were added.
    /// </summary>
    /// <param name="mostWords">How many different words may be held.</param>
    /// <param name="mostBytes">How many bytes of them.</param>
    public void Fit(int mostWords, int mostBytes)
    {
        if (Count <= mostWords && Bytes <= mostBytes)
        {
            return;
        }

        var (ranks, lengths) = (new ulong[Count], new int[Count]);
        for (var i = 0; i < Count; i++)
        {
            (ranks[i], lengths[i]) = (_entries[i].Rank, _entries[i].Length);
        }

        Array.Sort(ranks, lengths);
        var (kept, room) = (0, mostBytes / 2);
        while (kept < mostWords / 2 && kept < Count && lengths[kept] <= room)
        {
            room -= lengths[kept++];
        }

        if (kept < Count)
        {
            Keep(ranks[kept]); // words of one rank stay or go together
        }
    }

    /// <summary>Leaves words that rank before an end, in the places from 0 on.</summary>
    private void Keep(ulong end)
    {
        var count = Count;
        (Count, Bytes) = (0, 0);
        Array.Clear(_buckets);
        for (var i = 0; i < count; i++)
        {
            var entry = _entries[i];
            if (entry.Rank >= end)
            {
                LeftOut += entry.Count;
                continue;
            }

            _text.AsSpan(entry.Start, entry.Length).CopyTo(_text.AsSpan(Bytes));
            Append(entry);
        }
    }

    private void Reserve(int bytes)
    {
        if (_text.Length - Bytes < bytes)
        {
            Array.Resize(ref _text, Math.Max(2 * _text.Length, Bytes + bytes));
        }
    }

    /// <summary>Counts the word that stands behind those that were added.</summary>
    private void AddLast(int length, long count)
    {
        Total += count;
        var word = _text.AsSpan(Bytes, length);
        var hash = Hash(word);
        for (var next = Bucket(hash); next > 0; next = _entries[next - 1].Next)
        {
            if (_entries[next - 1].Hash == hash && Word(next - 1).SequenceEqual(word))
            {
                _entries[next - 1].Count += count;
                return;
            }
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, 2 * Count);
            _buckets = new int[2 * Count];
            for (var i = 0; i < Count; i++)
            {
                ref var bucket = ref Bucket(_entries[i].Hash);
                (_entries[i].Next, bucket) = (bucket, i + 1);
            }
        }

        Append(new Entry { Length = length, Hash = hash, Count = count });
    }

    /// <summary>Takes in the word that stands behind the others.</summary>
    private void Append(Entry entry)
    {
        ref var bucket = ref Bucket(entry.Hash);
        (entry.Start, entry.Next) = (Bytes, bucket);
        _entries[Count] = entry;
        bucket = ++Count;
        Bytes += entry.Length;
    }

    private ref int Bucket(uint hash) => ref _buckets[hash & (uint)(_buckets.Length - 1)];

    /// <summary>FNV-1a, its bits mixed. The same in every process, unlike <see cref="HashCode"/>: it decides which words stay.</summary>
    private static uint Hash(ReadOnlySpan<byte> word)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in word)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return (uint)(BitOperations.RotateRight(hash, 32) * 0x9E3779B97F4A7C15UL >> 32);
    }

    private struct Entry
    {
        public int Start;
        public int Length;
        public uint Hash;
        public int Next;
        public long Count;

        /// <summary>Frequent words first, then by hash.</summary>
        public readonly ulong Rank => ((ulong)(uint.MaxValue - (uint)Math.Min(Count, uint.MaxValue)) << 32) | Hash;
    }
}
