using System.CommandLine;
using System.CommandLine.Help;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Cli;

/// <summary>The flags that every verb takes.</summary>
internal sealed class CommonFlags
{
    public HelpOption Help { get; } = new("--help", "-h") { Description = "Show this text." };

    public Option<bool> Version { get; } = new("--version") { Description = "Show the version.", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = "Write the result as JSON.", Recursive = true };

    public Option<bool> Quiet { get; } = new("--quiet") { Description = "No progress on standard error.", Recursive = true };

    public Option<bool> Debug { get; } = new("--debug") { Description = "Stack traces with errors.", Recursive = true };

    public Option<bool> Force { get; } = new("--force") { Description = "Replace what --out names.", Recursive = true };

    public Option<long?> Seed { get; } = Recursive(Flags.Count("--seed", "Seed of everything random [0].", least: 0));

    public Option<long?> Threads { get; } = Recursive(Flags.Count("--threads", "Threads to compute with [physical cores that the process may use].", most: 1024));

    public Option<Device?> Device { get; } = Recursive(Flags.Parsed<Device?>("--device", "cpu|cuda[:N]", "What to compute on [cpu].", Ort.Device.Parse));

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { Json, Quiet, Debug, Force, Seed, Threads, Device, Help, Version })
        {
            root.Add(option);
        }
    }

    private static Option<T> Recursive<T>(Option<T> option)
    {
        option.Recursive = true;
        return option;
    }
}
