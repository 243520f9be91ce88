using System.CommandLine;
using System.Globalization;
using OnnxPipeline.Files;

namespace OnnxPipeline.Cli;

/// <summary>
/// How flags are made: every value is parsed here, in the invariant culture, so that a wrong one gives exit code 64 and a sentence that
/// says what was wanted. An option that was not given has the value <c>null</c> (an empty array where it may be repeated): verbs leave
/// defaults to the rooms.
/// </summary>
internal static class Flags
{
    /// <summary>Parses one value; false refuses it.</summary>
    public delegate bool TryParse<T>(string text, out T value);

    /// <summary>The flag <c>--out</c> of verbs that always write.</summary>
    public static Option<string> Out(string description) => Required(Text("--out", "PATH", description));

    /// <summary>A path, a name: any text but an empty one, which is what a shell makes of a variable that is not set.</summary>
    public static Option<string> Text(string name, string helpName, string description) =>
        Parsed(name, helpName, description, (string text, out string value) => (value = text).Length > 0, $"a {helpName}: it is empty");

    /// <summary>A flag that may be repeated, and takes several values.</summary>
    public static Option<string[]> Many(string name, string helpName, string description) => new(name)
    {
        HelpName = helpName,
        Description = description + " May be repeated, or take several values.",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>A flag without a value.</summary>
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };

    public static Option<bool> FollowLinks() => Switch("--follow-links", "Read external data behind links that leave the model's folder.");

    /// <summary>One of a few words.</summary>
    public static Option<string> Choice(string name, string description, params string[] values) =>
        Parsed<string>(name, string.Join('|', values), description, (string text, out string value) => values.Contains(value = text), "one of " + string.Join(", ", values));

    /// <summary>A whole number.</summary>
    public static Option<long?> Count(string name, string description, long least = 1, long most = long.MaxValue) =>
        Parsed(name, "N", description, (string text, out long? value) =>
        {
            var good = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;
            value = number;
            return good;
        }, most == long.MaxValue ? least == long.MinValue ? "a whole number" : $"a whole number from {least}" : $"a whole number from {least} to {most}");

    /// <summary>A finite number.</summary>
    public static Option<double?> Number(string name, string description, double least = double.MinValue, double most = double.MaxValue) =>
        Parsed(name, "F", description, (string text, out double? value) =>
        {
            var good = TryNumber(text, out var number) && number >= least && number <= most;
            value = number;
            return good;
        }, (least, most) switch
        {
            (double.MinValue, double.MaxValue) => "a number",
            (_, double.MaxValue) => $"a number from {least}",
            _ => $"a number from {least} to {most}",
        });

    /// <summary>Two numbers: <c>0.9,0.999</c>.</summary>
    public static Option<(double First, double Second)?> Pair(string name, string description) =>
        Parsed(name, "A,B", description, (string text, out (double, double)? value) =>
        {
            value = null;
            if (text.Split(',') is not [var first, var second] || !TryNumber(first, out var a) || !TryNumber(second, out var b))
            {
                return false;
            }

            value = (a, b);
            return true;
        }, "two numbers with a comma, such as 0.9,0.999");

    /// <summary>Whole numbers with commas: <c>1,2,3</c>.</summary>
    public static Option<long[]> Numbers(string name, string description) =>
        Parsed<long[]>(name, "1,2,3", description, TryNumbers, "whole numbers with commas, such as 1,2,3");

    /// <summary>Rows A to B−1: <c>A:B</c>, either side may be empty (from the first, to the last).</summary>
    public static Option<(long First, long? End)?> Rows(string name, string description) =>
        Parsed(name, "A:B", description, (string text, out (long, long?)? value) =>
        {
            value = null;
            if (text.Split(':') is not [var first, var end] || !TryBound(first, out var a) || !TryBound(end, out var b) || a >= b)
            {
                return false;
            }

            value = (a ?? 0, b);
            return true;
        }, "two row numbers A:B with A below B, such as 0:8");

    /// <summary>Any other value.</summary>
    /// <param name="name">With both dashes.</param>
    /// <param name="helpName">How help shows the value.</param>
    /// <param name="description">A sentence; the default in brackets.</param>
    /// <param name="tryParse">Refuses by false.</param>
    /// <param name="wanted">Ends the sentence <c>… is not …</c>.</param>
    public static Option<T> Parsed<T>(string name, string helpName, string description, TryParse<T> tryParse, string wanted) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = argument =>
        {
            if (argument.Tokens is [var token] && !tryParse(token.Value, out var value))
            {
                argument.AddError($"{name}: '{token.Value}' is not {wanted}.");
            }
            else if (argument.Tokens is [var good] && tryParse(good.Value, out value))
            {
                return value;
            }

            return default;
        },
    };

    /// <summary>A value that a room parses; its error becomes one of usage.</summary>
    public static Option<T> Parsed<T>(string name, string helpName, string description, Func<string, T> parse) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = argument =>
        {
            try
            {
                return argument.Tokens is [var token] ? parse(token.Value) : default;
            }
            catch (PipelineException e)
            {
                argument.AddError($"{name}: {e.Message}");
                return default;
            }
        },
    };

    /// <summary>The same option, which may not be left out.</summary>
    public static Option<T> Required<T>(Option<T> option)
    {
        option.Required = true;
        return option;
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    private static bool TryBound(string text, out long? value)
    {
        value = null;
        if (text.Length == 0)
        {
            return true;
        }

        var good = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        value = number;
        return good;
    }

    private static bool TryNumbers(string text, out long[] value)
    {
        var parts = text.Split(',');
        value = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value[i]))
            {
                return false;
            }
        }

        return true;
    }
}
