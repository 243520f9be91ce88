namespace OnnxPipeline.Serving;

/// <summary>
/// How many calls are in flight and how many of them compute. A call enters before any work is done for it, so that one too many is refused
/// at once; those admitted get their turn in the order of their coming.
/// </summary>
internal sealed class Admission(int maxInFlight, int maxRunning) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim turns = new(maxRunning, maxRunning);
    private readonly CancellationTokenSource draining = new();
    private readonly TaskCompletionSource empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int inFlight;

    /// <summary>Cancelled when draining begins.</summary>
    public CancellationToken Draining => draining.Token;

    /// <summary>Calls that have entered and not left.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <exception cref="ServingException">Too many are in flight, or none is admitted any more.</exception>
    public void Enter()
    {
        lock (gate)
        {
            if (draining.IsCancellationRequested)
            {
                throw new ServingException(ServingErrorKind.Unavailable, "The server is draining and takes no further calls; try another.");
            }

            if (inFlight >= maxInFlight)
            {
                throw new ServingException(ServingErrorKind.Overloaded, $"{inFlight} calls are in flight, as many as may be; try again later.");
            }

            inFlight++;
        }
    }

    public void Leave()
    {
        lock (gate)
        {
            inFlight--;
            TellIfEmpty();
        }
    }

    /// <summary>Waits for a turn, which <see cref="EndTurn"/> gives back.</summary>
    public Task TurnAsync(CancellationToken cancellation) => turns.WaitAsync(cancellation);

    public void EndTurn() => turns.Release();

    /// <summary>Admits nobody any more; ends when the last call has left.</summary>
    public Task DrainAsync()
    {
        draining.Cancel(); // outside the lock: whoever listens runs here
        lock (gate)
        {
            TellIfEmpty();
        }

        return empty.Task;
    }

    public void Dispose()
    {
        turns.Dispose();
        draining.Dispose();
    }

    private void TellIfEmpty()
    {
        if (inFlight == 0 && draining.IsCancellationRequested)
        {
            empty.TrySetResult();
        }
    }
}
