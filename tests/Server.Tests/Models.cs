using OnnxPipeline.Files;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Server.Tests;

/// <summary>Models of a few lines.</summary>
internal static class Models
{
    /// <summary>One input <c>x</c>, one output <c>y</c>, equal.</summary>
    public static ServedModel Identity(ElementType type = ElementType.Float, string name = "identity", int version = 1, params long[] dims) => new(
        name, version, [new("x", type, dims)], [new("y", type, dims)], (inputs, _, _) => [new("y", inputs[0].Tensor)]);

    /// <summary>Inputs <c>a</c> (FP32 [−1, 2]) and <c>b</c> (INT64 [−1]), outputs <c>a_out</c> and <c>b_out</c>.</summary>
    public static ServedModel Pair(string name = "pair") => new(
        name,
        1,
        [new("a", ElementType.Float, [-1, 2]), new("b", ElementType.Int64, [-1])],
        [new("a_out", ElementType.Float, [-1, 2]), new("b_out", ElementType.Int64, [-1])],
        (inputs, outputs, _) => [.. outputs.Select(name => new NamedTensor(name, inputs.Single(input => input.Name == name[..1]).Tensor))]);

    /// <summary>Says when it computes, and computes until it is let go or cancelled.</summary>
    public static ServedModel Slow(SemaphoreSlim computing, ManualResetEventSlim letGo, string name = "slow") => new(
        name, 1, [new("x", ElementType.Float, [])], [new("y", ElementType.Float, [])], (inputs, _, cancellation) =>
        {
            computing.Release();
            letGo.Wait(cancellation);
            return [new("y", inputs[0].Tensor)];
        });
}
