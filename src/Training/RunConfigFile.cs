using OnnxPipeline.Files;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OnnxPipeline.Training;

/// <summary>
/// The file that <c>--run-config</c> names: a YAML mapping from the names of flags (without dashes, as run.json has them) to a value or a list of
/// values. What a key without a value, or with an empty list, names is not given.
/// </summary>
public static class RunConfigFile
{
    /// <param name="Line">Of the key, from 1.</param>
    public sealed record Entry(string Key, IReadOnlyList<string> Values, long Line);

    /// <summary>Reads the file; <c>verb</c> is checked and left out.</summary>
    /// <param name="verb">Whose flags they are; the file may say it too.</param>
    /// <param name="keys">Those that there are.</param>
    /// <exception cref="FileFormatException">It cannot be read, or is no YAML mapping.</exception>
    /// <exception cref="TrainingException">A key is unknown, or the file is for another verb (wrong usage).</exception>
    public static IReadOnlyList<Entry> Read(string path, string verb, IReadOnlyCollection<string> keys)
    {
        var entries = new List<Entry>();
        foreach (var (key, value) in Mapping(path))
        {
            var (name, line) = (key.Value ?? "", key.Start.Line);
            string[] values = value switch
            {
                YamlScalarNode scalar => Text(scalar) is { } text ? [text] : [],
                YamlSequenceNode list when list.All(item => item is YamlScalarNode) => [.. list.Cast<YamlScalarNode>().Select(Text).OfType<string>()],
                _ => throw new FileFormatException($"{path}, line {line}: '{name}' has parts with parts; a value or a list of values was wanted."),
            };
            if (name == "verb")
            {
                Require(values is [var wanted] && wanted == verb, $"{path}, line {line}: it is for the verb '{string.Join(", ", values)}', not for '{verb}'.");
                continue;
            }

            Require(keys.Contains(name), $"{path}, line {line}: there is no key '{name}'; the closest is '{string.Concat(Glob.Closest(name, keys, 1))}'.");
            if (values.Length > 0)
            {
                entries.Add(new(name, values, line));
            }
        }

        return entries;
    }

    private static IEnumerable<(YamlScalarNode Key, YamlNode Value)> Mapping(string path)
    {
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(InputFile.OpenRead(path));
            yaml.Load(reader);
        }
        catch (YamlException e)
        {
            throw new FileFormatException($"{path}, line {e.Start.Line}: {e.Message}", e);
        }

        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }] || root.Children.Keys.Any(key => key is not YamlScalarNode))
        {
            throw new FileFormatException($"{path} is no mapping from names of flags to values, such as 'lr: 5e-4'.");
        }

        return root.Children.Select(pair => ((YamlScalarNode)pair.Key, pair.Value));
    }

    /// <summary>Null for a value that YAML calls null.</summary>
    private static string? Text(YamlScalarNode scalar) => scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null" ? null : scalar.Value;

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new TrainingException(message, 64);
        }
    }
}
