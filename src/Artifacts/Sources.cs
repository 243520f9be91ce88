using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>What a value is computed from, apart from single numbers.</summary>
internal static class Sources
{
    /// <summary>Whether from integers alone, as positions are; a row of a table is not.</summary>
    public static bool AreIntegers(Value value) => Of(value).All(v => !IsFloat(v) || IsNumber(v));

    /// <summary>Whether from integers and inputs of the graph, and from no weight or table.</summary>
    public static bool AreInputs(Value value) => Of(value).All(v => !IsFloat(v) || IsNumber(v) || v.Producer is null && v.Initializer is null);

    /// <summary>Where the ways back from a value end: at integers, at inputs, at constants.</summary>
    private static IEnumerable<Value> Of(Value value)
    {
        var seen = new HashSet<Value> { value };
        var queue = new Queue<Value>(seen);
        while (queue.TryDequeue(out var at))
        {
            if (!IsFloat(at) || at.Producer is not { Inputs.Count: > 0 } node)
            {
                yield return at;
                continue;
            }

            foreach (var input in node.Inputs)
            {
                if (input is not null && seen.Add(input))
                {
                    queue.Enqueue(input);
                }
            }
        }
    }

    private static bool IsFloat(Value value) => value.Element.IsFloat() || value.Element == ElementType.Undefined;

    private static bool IsNumber(Value value) => value.ConstantData is { Count: 1 };
}
