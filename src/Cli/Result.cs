using System.Text.Json;

namespace OnnxPipeline.Cli;

/// <summary>Standard output: a table for people, JSON with <c>--json</c>.</summary>
internal sealed class Result(Terminal terminal, bool json)
{
    /// <summary>One JSON document, or what <paramref name="people"/> writes.</summary>
    public void Write<T>(T value, Action<Result> people)
    {
        if (json)
        {
            Item(value);
        }
        else
        {
            people(this);
        }
    }

    /// <summary>One JSON document on a line of its own, for verbs whose result is JSON in any case. Written at once.</summary>
    public void Item<T>(T value)
    {
        terminal.Output.WriteLine(JsonSerializer.Serialize(value, JsonForm.Options));
        terminal.Output.Flush();
    }

    /// <summary>A line of text.</summary>
    public void Line(string text) => terminal.Output.WriteLine(text);

    /// <summary>A table: with borders on a terminal, aligned columns elsewhere.</summary>
    public void Table(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows) => TextTable.Write(terminal, columns, [.. rows]);
}
