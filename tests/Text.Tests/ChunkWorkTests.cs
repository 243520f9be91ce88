using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class ChunkWorkTests
{
    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(3, 6)]
    public void Run_WorkOfUnequalLength_FinishesEachPieceInOrderBeforeTheNextInItsSlot(int threads, int slots)
    {
        var (held, taken, atOnce, most) = (new long[slots], new List<long>(), 0, 0);
        ChunkWork.Run(Chunks(40), threads, slots, (slot, chunk) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            Thread.Sleep((int)(chunk.Bytes % 4));
            Assert.That(Interlocked.Exchange(ref held[slot], chunk.Bytes), Is.Zero, "what was there was taken");
            Interlocked.Decrement(ref atOnce);
        }, (slot, chunk) =>
        {
            Assert.That(Interlocked.Exchange(ref held[slot], 0), Is.EqualTo(chunk.Bytes));
            taken.Add(chunk.Bytes);
        }, default);

        Assert.That(taken, Is.EqualTo(Enumerable.Range(1, 40)));
        Assert.That(most, Is.LessThanOrEqualTo(threads));
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Run_PieceThatFails_ThrowsItsExceptionWhenNobodyWorksAnyMore(int threads)
    {
        var working = 0;
        Assert.That(() => ChunkWork.Run(Chunks(40), threads, threads, (_, chunk) =>
        {
            Interlocked.Increment(ref working);
            Thread.Sleep(2);
            Interlocked.Decrement(ref working);
            if (chunk.Bytes == 7)
            {
                throw new TextException("seven");
            }
        }, (_, _) => { }, default), Throws.TypeOf<TextException>().With.Message.EqualTo("seven"));

        Assert.That(working, Is.Zero);
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Run_Cancelled_Ends(int threads)
    {
        using var cancel = new CancellationTokenSource();
        var last = 0L;

        Assert.That(() => ChunkWork.Run(Chunks(40), threads, threads, (_, _) => { }, (_, chunk) =>
        {
            last = chunk.Bytes;
            cancel.Cancel();
        }, cancel.Token), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(last, Is.EqualTo(1));
    }

    private static IEnumerable<TextChunk> Chunks(int count) => Enumerable.Range(1, count).Select(i => new TextChunk("text", 0, i == 1, i));
}
