using System.Text;

namespace OnnxPipeline.Text;

/// <summary>The text that a tokenizer is trained on, and how it is counted.</summary>
internal sealed class TrainingText(IReadOnlyList<string> files, TokenizerTraining training, Action<string> progress, CancellationToken cancellation)
{
    public Action<string> Progress => progress;

    public CancellationToken Cancellation => cancellation;

    /// <summary>That were read.</summary>
    public long Bytes { get; private set; }

    /// <param name="count">Adds the words of a text.</param>
    /// <returns>Of all words, or the most frequent where there are more than <see cref="TokenizerTraining.Limits"/> allows.</returns>
    public WordCounts Words(Func<string, string>? normalize, Action<string, WordCounts> count)
    {
        var words = new WordCounts();
        var limits = training.Limits;
        Count(() => new WordCounts(), normalize, count, slot =>
        {
            words.Add(slot);
            slot.Clear();
        }, () => words.Fit(limits.Words, limits.WordBytes));
        return words;
    }

    public Dictionary<Rune, long> Characters(Func<string, string>? normalize)
    {
        var characters = new Dictionary<Rune, long>();
        Count(() => new Dictionary<Rune, long>(), normalize, (text, counts) =>
        {
            foreach (var rune in text.EnumerateRunes())
            {
                counts[rune] = counts.GetValueOrDefault(rune) + 1;
            }
        }, slot =>
        {
            foreach (var (rune, count) in slot)
            {
                characters[rune] = characters.GetValueOrDefault(rune) + count;
            }

            slot.Clear();
        }, () => { });
        return characters;
    }

    /// <param name="create">Makes what one thread counts into.</param>
    /// <param name="collect">Takes the counts of one thread for a stretch of the text.</param>
    /// <param name="end">Called after those of all threads were taken.</param>
    private void Count<T>(Func<T> create, Func<string, string>? normalize, Action<string, T> count, Action<T> collect, Action end)
    {
        var threads = Math.Max(1, training.Threads);
        var slots = Enumerable.Range(0, threads).Select(_ => create()).ToArray();
        using var chunks = TextChunks.Read(files).GetEnumerator();
        for (var isMore = chunks.MoveNext(); isMore;)
        {
            ChunkWork.Run(Stretch(), threads, threads, (slot, chunk) =>
            {
                foreach (var text in chunk.Text.Split(TokenizerWriter.EndOfText, StringSplitOptions.RemoveEmptyEntries))
                {
                    count(normalize is null ? text : normalize(text), slots[slot]);
                }
            }, (_, chunk) =>
            {
                Bytes += chunk.Bytes;
                progress($"Counting words: {Bytes >> 20} MiB, file {chunk.File + 1} of {files.Count}");
            }, cancellation);
            Array.ForEach(slots, collect);
            end();

            IEnumerable<TextChunk> Stretch()
            {
                for (var length = 0; isMore && length < training.Limits.StretchCharacters; isMore = chunks.MoveNext())
                {
                    length += chunks.Current.Text.Length;
                    yield return chunks.Current;
                }
            }
        }
    }
}
