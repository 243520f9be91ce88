using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using TorchSharp;
using static TorchSharp.torch;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>Gives a peer's parameters the initial values of ours, so that losses can be compared and not only times.</summary>
internal static class TorchInitial
{
    /// <param name="ours">A peer's name of a parameter → our name.</param>
    /// <exception cref="InvalidOperationException">A parameter of either side has no counterpart, or one of another shape.</exception>
    public static void Copy(LanguageCase @case, nn.Module to, Func<string, string> ours)
    {
        var values = Values(@case);
        using var quiet = no_grad();
        foreach (var (name, parameter) in to.named_parameters())
        {
            if (!values.Remove(ours(name), out var value))
            {
                throw new InvalidOperationException($"The peer has a parameter '{name}', ours none called '{ours(name)}'.");
            }

            using var scope = NewDisposeScope();
            var initial = tensor(value.As<float>().ToArray(), value.Dims.ToArray());

            // GPT-2's checkpoints hold matrices as [in, out], torch's Linear as [out, in].
            initial = @case.Family == "gpt2" && parameter.dim() == 2 && !name.StartsWith('w') ? initial.t() : initial;
            if (!initial.shape.SequenceEqual(parameter.shape))
            {
                throw new InvalidOperationException($"'{name}' is [{string.Join(", ", parameter.shape)}], our '{ours(name)}' [{string.Join(", ", initial.shape)}].");
            }

            parameter.copy_(initial);
        }

        if (values.Count > 0)
        {
            throw new InvalidOperationException($"The peer has no {string.Join(", ", values.Keys)}.");
        }

        values = null;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive); // not the peer's memory
    }

    private static Dictionary<string, Files.Tensor> Values(LanguageCase @case) =>
        @case.Build(withLoss: false).Graph.Initializers.Where(value => value.Name.Contains('.')).ToDictionary(value => value.Name, value => value.Initializer!);
}
