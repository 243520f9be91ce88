namespace OnnxPipeline.Text;

/// <summary>
/// Works on the pieces of a corpus with several threads, and takes the results in the order of the text. Meanwhile the caller's thread reads on and takes results, so that no
/// thread waits for the slowest of a round.
/// </summary>
internal static class ChunkWork
{
    /// <param name="threads">That work, beside the caller's; one: the caller's alone.</param>
    /// <param name="slots">Pieces that are held at once, at least <paramref name="threads"/>.</param>
    /// <param name="work">Slot and piece; a slot is never worked on by two threads at once, and slots do not share what they change.</param>
    /// <param name="finish">Called on the caller's thread, piece by piece, after the work of the piece and before the next one in its slot.</param>
    public static void Run(IEnumerable<TextChunk> chunks, int threads, int slots, Action<int, TextChunk> work, Action<int, TextChunk> finish, CancellationToken cancellation)
    {
        if (threads == 1)
        {
            foreach (var chunk in chunks)
            {
                cancellation.ThrowIfCancellationRequested();
                work(0, chunk);
                finish(0, chunk);
            }

            return;
        }

        var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
        var pending = new Queue<(int Slot, TextChunk Chunk, Task Work)>();
        var next = 0;
        try
        {
            foreach (var chunk in chunks)
            {
                if (pending.Count == slots)
                {
                    FinishOldest();
                }

                cancellation.ThrowIfCancellationRequested();
                var slot = next++ % slots;
                pending.Enqueue((slot, chunk, Task.Factory.StartNew(() => work(slot, chunk), CancellationToken.None, TaskCreationOptions.None, scheduler)));
            }

            while (pending.Count > 0)
            {
                FinishOldest();
            }
        }
        finally
        {
            foreach (var (_, _, rest) in pending)
            {
                ((IAsyncResult)rest).AsyncWaitHandle.WaitOne(); // nobody works on slots of a caller who has left
            }
        }

        void FinishOldest()
        {
            var (slot, chunk, work) = pending.Dequeue();
            work.GetAwaiter().GetResult();
            finish(slot, chunk);
        }
    }
}
