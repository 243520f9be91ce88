using Spectre.Console;

namespace OnnxPipeline.Cli;

/// <summary>Tables for people: drawn by Spectre.Console on a terminal, plain aligned columns where the output goes elsewhere.</summary>
internal static class TextTable
{
    public static void Write(Terminal terminal, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (terminal.OutputIsLive)
        {
            Draw(terminal, columns, rows);
        }
        else
        {
            Align(terminal.Output, columns, rows);
        }
    }

    private static void Draw(Terminal terminal, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Spectre.Console.Text(column, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Spectre.Console.Text(cell)));
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Output) });
        console.Profile.Width = Math.Max(40, Console.WindowWidth); // Spectre does not know that the writer is the terminal
        console.Write(table);
    }

    private static void Align(TextWriter output, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = columns.Select((column, i) => Math.Max(column.Length, rows.Count == 0 ? 0 : rows.Max(row => row[i].Length))).ToArray();
        foreach (var row in rows.Prepend(columns))
        {
            output.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
