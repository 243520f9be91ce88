using System.Diagnostics;
using OnnxPipeline.Training;

namespace OnnxPipeline.Pipelines;

/// <summary>What a person sees of a journey: numbered stages, what came of each, and how long it took.</summary>
/// <param name="count">How many there will be.</param>
/// <param name="say">Takes a line that stays.</param>
/// <param name="update">Takes a line that the next one replaces.</param>
internal sealed class Stages(int count, Action<string> say, Action<string> update) : IProgress<TrainProgress>
{
    private const string Indent = "                 ";

    private int _number;
    private long _started;

    /// <summary>Where the work of the stage stands.</summary>
    public Action<string> Update { get; } = text => update(Indent + text);

    /// <summary>Where the training of the stage stands.</summary>
    public void Report(TrainProgress value) => Update(value.ToString());

    /// <summary>Begins a stage and says what it will do.</summary>
    public void Begin(string name, string what)
    {
        _started = Stopwatch.GetTimestamp();
        say($"{$"{++_number}/{count}",-6}{name,-11}{what}");
    }

    /// <summary>A line within the stage.</summary>
    public void Say(string text) => say(Indent + text);

    /// <summary>Ends a stage and says what came of it.</summary>
    public void End(string outcome) => say($"{Indent}{outcome}  ({Stopwatch.GetElapsedTime(_started).TotalSeconds:0.0} s)\n");
}
