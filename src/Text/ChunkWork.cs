namespace OnnxPipeline.Text;

/// <summary>Works on the pieces of a corpus with several threads, and takes the results in the order of the text.</summary>
internal static class ChunkWork
{
    /// <param name="work">Slot and piece; a slot is never worked on by two threads at once, and slots do not share what they change.</param>
    /// <param name="finish">Called on the caller's thread, piece by piece, after the work of the piece.</param>
    public static void Run(IEnumerable<TextChunk> chunks, int threads, Action<int, TextChunk> work, Action<int, TextChunk> finish, CancellationToken cancellation)
    {
        foreach (var batch in chunks.Chunk(threads))
        {
            cancellation.ThrowIfCancellationRequested();
            Parallel.For(0, batch.Length, slot => work(slot, batch[slot]));
            for (var slot = 0; slot < batch.Length; slot++)
            {
                finish(slot, batch[slot]);
            }
        }
    }
}
