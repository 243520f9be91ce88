namespace OnnxPipeline.Ort.Engines;

/// <summary>
/// The threads of an engine for work outside ONNX Runtime, the caller's among them. Denormals count as zero on all of them. A call
/// allocates nothing.
/// </summary>
internal sealed class Crew : IDisposable
{
    private readonly AutoResetEvent[] _starts;
    private readonly AutoResetEvent _done = new(false);
    private Action<int> _body = _ => { };
    private Exception? _failure;
    private int _pieces;
    private int _next;
    private int _working;
    private volatile bool _ended;

    public Crew(int threads)
    {
        _starts = new AutoResetEvent[threads - 1];
        for (var i = 0; i < _starts.Length; i++)
        {
            var start = _starts[i] = new AutoResetEvent(false);
            new Thread(() => Work(start)) { IsBackground = true, Name = "onnxpipe optimizer" }.Start();
        }
    }

    /// <summary>Does pieces 0 to <paramref name="pieces"/> − 1, in any order; they must not depend on each other.</summary>
    /// <param name="body">Made once by the caller.</param>
    public void Run(Action<int> body, int pieces)
    {
        var helpers = Math.Min(_starts.Length, pieces - 1);
        (_body, _pieces, _next, _working) = (body, pieces, 0, helpers);
        for (var i = 0; i < helpers; i++)
        {
            _starts[i].Set();
        }

        using (DenormalScope.Enter())
        {
            Take();
        }

        if (helpers > 0)
        {
            _done.WaitOne();
        }

        if (Interlocked.Exchange(ref _failure, null) is { } failure)
        {
            throw new InvalidOperationException("A piece of work failed.", failure);
        }
    }

    public void Dispose()
    {
        _ended = true;
        foreach (var start in _starts)
        {
            start.Set();
        }
    }

    private void Work(AutoResetEvent start)
    {
        using var scope = DenormalScope.Enter();
        while (true)
        {
            start.WaitOne();
            if (_ended)
            {
                start.Dispose();
                return;
            }

            Take();
            if (Interlocked.Decrement(ref _working) == 0)
            {
                _done.Set();
            }
        }
    }

    private void Take()
    {
        try
        {
            for (int piece; (piece = Interlocked.Increment(ref _next) - 1) < _pieces;)
            {
                _body(piece);
            }
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
