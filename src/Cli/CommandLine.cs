using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text.RegularExpressions;
using OnnxPipeline.Files;

namespace OnnxPipeline.Cli;

/// <summary>
/// The rules that hold for every verb. Exit codes: see <see cref="ExitCodes"/>. Errors are one line <c>error: …</c> on standard error,
/// without a stack trace unless <c>--debug</c> is given: a <see cref="PipelineException"/> ends with its own exit code, a file system or
/// memory error with 1, an interruption with 130, anything else with 1 and the words that it is a bug.
/// </summary>
internal static partial class CommandLine
{
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Runs one call of the program and gives its exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation)
    {
        var (parse, flags) = Parse(args);
        if (parse.GetResult(flags.Help) is { Implicit: false })
        {
            return Help(parse, terminal);
        }

        if (parse.GetValue(flags.Version))
        {
            await terminal.Output.WriteLineAsync($"onnxpipe {Version}");
            return ExitCodes.Done;
        }

        if (Complaint(parse, args) is { } complaint)
        {
            await terminal.Error.WriteLineAsync($"error: {complaint} See `{PathOf(parse.CommandResult)} --help`.");
            return ExitCodes.Usage;
        }

        var verb = (Verb)parse.CommandResult.Command;
        var context = new VerbContext(parse, flags, terminal, cancellation);
        try
        {
            if (verb.Expand?.Invoke(parse) is { Count: > 0 } more)
            {
                (parse, flags) = Parse([.. args, .. more]);
                verb = (Verb)parse.CommandResult.Command;
                context = new VerbContext(parse, flags, terminal, cancellation);
            }

            await verb.Run(context);
            context.Progress.Close();
            await terminal.Output.FlushAsync(CancellationToken.None);
            return context.ExitCode;
        }
        catch (Exception exception)
        {
            context.Progress.Close();
            return Report(exception, terminal, parse.GetValue(flags.Debug), cancellation);
        }
    }

    /// <summary>What is wrong with the arguments of a call, as a sentence; null if nothing is.</summary>
    public static string? Complaint(IReadOnlyList<string> args) => Complaint(Parse(args).Result, args);

    /// <summary>Writes an exception as the rules above want it and gives the exit code.</summary>
    public static int Report(Exception exception, Terminal terminal, bool debug, CancellationToken cancellation)
    {
        var (text, code) = exception switch
        {
            OperationCanceledException when cancellation.IsCancellationRequested => ("interrupted", ExitCodes.Interrupted),
            PipelineException known => ("error: " + known.Message, known.ExitCode),
            IOException or UnauthorizedAccessException => ("error: " + exception.Message, ExitCodes.Failed),
            OutOfMemoryException => ("error: Not enough memory: " + exception.Message, ExitCodes.Failed),
            _ => ($"error: {exception.GetType().Name}: {exception.Message} This is a bug of onnxpipe; please report it with the output of the same call with --debug.", ExitCodes.Failed),
        };
        terminal.Error.WriteLine(text.ReplaceLineEndings(" "));
        if (debug)
        {
            terminal.Error.WriteLine(exception);
        }

        return code;
    }

    private static (ParseResult Result, CommonFlags Flags) Parse(IReadOnlyList<string> args)
    {
        var flags = new CommonFlags();
        var root = new Command("onnxpipe", "Train, fine-tune and serve transformers with ONNX as the only model format.");
        flags.AddTo(root);
        VerbTable.AddTo(root);

        // Texts and names may begin with @: no response files. -abc is never three flags.
        return (root.Parse([.. args], new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false }), flags);
    }

    private static int Help(ParseResult parse, Terminal terminal)
    {
        parse.Invoke(new InvocationConfiguration { Output = terminal.Output, Error = terminal.Error });
        if (parse.CommandResult.Command is Verb verb)
        {
            terminal.Output.WriteLine("Example:");
            terminal.Output.WriteLine("  " + verb.Example);
        }

        return ExitCodes.Done;
    }

    private static string? Complaint(ParseResult parse, IReadOnlyList<string> args)
    {
        var command = parse.CommandResult.Command;
        if (command is not Verb)
        {
            var verbs = string.Join(", ", command.Subcommands.Select(c => c.Name));
            return parse.UnmatchedTokens is [var word, ..] ? $"There is no verb '{word}'; there are {verbs}." : $"A verb is missing; there are {verbs}.";
        }

        // System.CommandLine takes an unknown flag for a value of what stands before it. A value that begins so is written --flag=value.
        var known = new[] { command }.Concat(Ancestors(parse.CommandResult)).SelectMany(c => c.Options).SelectMany(o => o.Aliases.Append(o.Name)).ToHashSet();
        var unknown = args.TakeWhile(arg => arg != "--").FirstOrDefault(arg => FlagForm().IsMatch(arg) && !known.Contains(arg.Split('=')[0]));
        return unknown is not null ? $"There is no flag '{unknown}'." : parse.Errors is [var error, ..] ? error.Message : null;
    }

    private static IEnumerable<Command> Ancestors(CommandResult result)
    {
        for (var parent = result.Parent; parent is CommandResult command; parent = command.Parent)
        {
            yield return command.Command;
        }
    }

    private static string PathOf(CommandResult result) => string.Join(' ', Ancestors(result).Reverse().Append(result.Command).Select(c => c.Name));

    [GeneratedRegex("^--?[A-Za-z][A-Za-z0-9-]*(=.*)?$", RegexOptions.Singleline)]
    private static partial Regex FlagForm();
}
