using System.CommandLine;
using System.CommandLine.Parsing;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli;

/// <summary>The flag <c>--run-config</c>: the keys of the file stand for those flags that the command line does not have.</summary>
internal sealed class RunConfigFlag
{
    /// <summary>Of these a run has one.</summary>
    private static readonly string[][] OneOf = [["steps", "epochs", "minutes"], ["config", "model"]];

    public Option<string> Option { get; } = Flags.Text("--run-config", "FILE", "A YAML file with the same names, without dashes; flags win over it, its relative paths begin at its folder.");

    /// <summary>The arguments that the file of a call stands for.</summary>
    /// <param name="options">What the file may name.</param>
    /// <exception cref="Files.PipelineException">The file cannot be read, or a key or value is wrong.</exception>
    public IReadOnlyList<string> Expand(ParseResult parse, string verb, IReadOnlyList<Option> options)
    {
        if (parse.GetValue(Option) is not { } path)
        {
            return [];
        }

        var (byKey, folder) = (options.ToDictionary(option => option.Name.TrimStart('-')), Path.GetDirectoryName(Path.GetFullPath(path))!);
        var arguments = new List<string>();
        foreach (var entry in RunConfigFile.Read(path, verb, byKey.Keys))
        {
            var option = byKey[entry.Key];
            if (option.ValueType == typeof(bool) && entry.Values is not (["true"] or ["false"]))
            {
                throw new UsageException($"{path}, line {entry.Line}: {entry.Key} is '{string.Join(", ", entry.Values)}', wanted true or false.");
            }

            string[] words = [.. Words(option, entry.Values, folder)];
            if (new Command("file") { option }.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null }).Errors is [var error, ..])
            {
                throw new UsageException($"{path}, line {entry.Line}: {error.Message}");
            }

            if (!Instead(entry.Key).Any(key => byKey.TryGetValue(key, out var other) && parse.GetResult(other) is { Implicit: false }))
            {
                arguments.AddRange(words);
            }
        }

        return arguments;
    }

    /// <summary>The flags that a key of the file gives way to: its own, and those that say the same in another way.</summary>
    private static string[] Instead(string key) => Array.Find(OneOf, keys => keys.Contains(key)) ?? [key];

    private static IEnumerable<string> Words(Option option, IReadOnlyList<string> values, string folder)
    {
        if (option.ValueType == typeof(bool))
        {
            return values is ["true"] ? [option.Name] : [];
        }

        var isPath = option.HelpName?.Split('|')[0] is "FILE" or "DIR"; // as help says it; a share of the text is no path
        var rooted = values.Select(value => isPath && Pretraining.FractionOf(value) is null ? Path.Combine(folder, value) : value);
        return option.Arity.MaximumNumberOfValues > 1 ? rooted.Select(value => $"{option.Name}={value}") : [$"{option.Name}={string.Join(',', rooted)}"];
    }
}
