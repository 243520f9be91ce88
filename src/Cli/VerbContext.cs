using System.CommandLine;
using System.CommandLine.Parsing;
using System.Threading.Channels;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Cli;

/// <summary>What a verb gets: its values, where its result goes, where its progress goes, and whether it should stop.</summary>
internal sealed class VerbContext(ParseResult parse, CommonFlags flags, Terminal terminal, CancellationToken cancellation)
{
    /// <summary>SIGINT or SIGTERM arrived: save what is worth saving and throw <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>0 unless the verb sets it: 2 where a gate was not met and the result is printed all the same.</summary>
    public int ExitCode { get; set; } = ExitCodes.Done;

    /// <summary>The lines of standard input; an interruption ends the wait for one.</summary>
    /// <exception cref="OperationCanceledException">SIGINT or SIGTERM arrived.</exception>
    public IEnumerable<string> Lines()
    {
        // A read from a terminal or a pipe cannot be cancelled: it is left to a thread that does not keep the process.
        var lines = Channel.CreateBounded<string>(1024);
        new Thread(() =>
        {
            try
            {
                while (terminal.Input.ReadLine() is { } line)
                {
                    lines.Writer.WriteAsync(line).AsTask().Wait();
                }

                lines.Writer.Complete();
            }
            catch (Exception e)
            {
                lines.Writer.Complete(e);
            }
        })
        { IsBackground = true, Name = "standard input" }.Start();
        while (lines.Reader.WaitToReadAsync(Cancellation).AsTask().GetAwaiter().GetResult())
        {
            while (lines.Reader.TryRead(out var line))
            {
                Cancellation.ThrowIfCancellationRequested();
                yield return line;
            }
        }
    }

    public Result Result { get; } = new(terminal, parse.GetValue(flags.Json));

    public Progress Progress { get; } = new(terminal, parse.GetValue(flags.Quiet));

    public bool Json => parse.GetValue(flags.Json);

    public bool Quiet => parse.GetValue(flags.Quiet);

    public bool Force => parse.GetValue(flags.Force);

    /// <summary>At least 0.</summary>
    public long Seed => GivenSeed ?? 0;

    /// <summary>Null where <c>--seed</c> was not given.</summary>
    public long? GivenSeed => parse.GetValue(flags.Seed);

    /// <summary>Null where <c>--threads</c> was not given.</summary>
    public int? GivenThreads => (int?)parse.GetValue(flags.Threads);

    /// <summary>As given, else the physical cores.</summary>
    public int Threads => GivenThreads ?? PhysicalCores.Count;

    /// <summary>Null where <c>--device</c> was not given.</summary>
    public Device? GivenDevice => parse.GetValue(flags.Device);

    /// <summary>As given, else the CPU.</summary>
    public Device Device => GivenDevice ?? Device.Cpu;

    /// <summary>How a session of this verb computes.</summary>
    public SessionSettings Session => new() { Threads = Threads, Device = Device };

    /// <summary>The value of an option; <c>null</c>, false or an empty array where it was not given.</summary>
    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    /// <summary>The value of an option that may not be left out.</summary>
    public T Need<T>(Option<T> option) => parse.GetRequiredValue(option);

    /// <summary>The value of an option that may be left out only where <paramref name="unless"/> stands.</summary>
    /// <exception cref="UsageException">It was left out.</exception>
    public T Need<T>(Option<T> option, string unless) => parse.GetValue(option) ?? throw new UsageException($"{option.Name} is missing; it may be left out with {unless} only.");

    /// <summary>The value of an argument.</summary>
    public T Need<T>(Argument<T> argument) => parse.GetRequiredValue(argument);

    /// <summary>The values of options that may be repeated, in the order of the command line.</summary>
    public IReadOnlyList<(Option Option, string Value)> InOrder(params Option<string[]>[] options)
    {
        var found = new List<(Option, string)>();
        Option? current = null;
        foreach (var token in parse.Tokens)
        {
            if (token.Type == TokenType.Option)
            {
                current = options.FirstOrDefault(option => option.Name == token.Value);
            }
            else if (token.Type == TokenType.Argument && current is not null)
            {
                found.Add((current, token.Value));
            }
        }

        return found;
    }

    /// <summary>The names of the verb's own options that were written on the command line.</summary>
    public IReadOnlyList<string> Given =>
        [.. parse.CommandResult.Children.OfType<OptionResult>().Where(result => !result.Implicit && !result.Option.Recursive).Select(result => result.Option.Name)];
}
