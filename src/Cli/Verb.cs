using System.CommandLine;

namespace OnnxPipeline.Cli;

/// <summary>
/// A verb: its flags are added by the collection initializer, its work is one delegate. The delegate ends normally (exit code 0 or
/// <see cref="VerbContext.ExitCode"/>) or throws: see <see cref="CommandLine"/> for what becomes of an exception.
/// </summary>
internal sealed class Verb : Command
{
    /// <param name="path">The words after <c>onnxpipe</c>, such as <c>model create</c>.</param>
    /// <param name="description">One sentence for the list of verbs.</param>
    /// <param name="example">The arguments of a call that works, without <c>onnxpipe</c> and the verb.</param>
    /// <param name="run">The work.</param>
    public Verb(string path, string description, string example, Func<VerbContext, Task> run)
        : base(path.Split(' ')[^1], description)
    {
        Path = path;
        Example = $"onnxpipe {path} {example}".TrimEnd();
        Run = run;
    }

    /// <inheritdoc cref="Verb(string, string, string, Func{VerbContext, Task})"/>
    public Verb(string path, string description, string example, Action<VerbContext> run)
        : this(path, description, example, context =>
        {
            run(context);
            return Task.CompletedTask;
        })
    {
    }

    public string Path { get; }

    public string Example { get; }

    public Func<VerbContext, Task> Run { get; }

    /// <summary>The arguments that a file named on the command line stands for; null: there is no such flag.</summary>
    public Func<ParseResult, IReadOnlyList<string>>? Expand { get; set; }
}
