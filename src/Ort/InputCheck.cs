using OnnxPipeline.Files;

namespace OnnxPipeline.Ort;

/// <summary>Whether tensors fit what a graph takes; every message names the tensor, what was found and what was wanted.</summary>
internal static class InputCheck
{
    /// <param name="model">What messages call the model.</param>
    /// <exception cref="OrtException">An input is missing, unknown, there twice, or of another type or shape.</exception>
    public static void Check(string model, IReadOnlyList<TensorSpec> specs, IReadOnlySet<string> optional, IReadOnlyList<NamedTensor> inputs)
    {
        var given = new Dictionary<string, Tensor>(inputs.Count);
        foreach (var (name, tensor) in inputs)
        {
            if (!given.TryAdd(name, tensor))
            {
                throw new OrtException($"Input '{name}' of {model} is given twice.");
            }
        }

        var symbols = new Dictionary<string, (long Size, string Input)>();
        foreach (var spec in specs)
        {
            if (given.Remove(spec.Name, out var tensor))
            {
                Check(model, spec, tensor.Type, tensor.Dims, symbols);
            }
            else if (!optional.Contains(spec.Name))
            {
                throw new OrtException($"Input '{spec.Name}' of {model} is missing; wanted {Shape(spec)}.{(given.Count > 0 ? $" Not used: {string.Join(", ", given.Keys)}." : "")}");
            }
        }

        if (given.Count > 0)
        {
            throw new OrtException($"{model} has no input '{given.Keys.First()}'; its inputs are {string.Join(", ", specs.Select(spec => spec.Name))}.");
        }
    }

    private static void Check(string model, TensorSpec spec, ElementType type, IReadOnlyList<long> dims, Dictionary<string, (long Size, string Input)> symbols)
    {
        if (spec.Type == ElementType.Undefined)
        {
            throw new OrtException($"Input '{spec.Name}' of {model} is no tensor (a sequence, map or optional value), which is not supported.");
        }

        if (type != spec.Type)
        {
            throw Wrong("the type", type.ToString());
        }

        if (dims.Count != spec.Dims.Count)
        {
            throw Wrong($"rank {dims.Count}", Tensor.Describe([.. dims]));
        }

        for (var axis = 0; axis < dims.Count; axis++)
        {
            if (spec.Dims[axis] >= 0 && spec.Dims[axis] != dims[axis])
            {
                throw Wrong($"size {dims[axis]} on axis {axis}", Tensor.Describe([.. dims]));
            }

            var symbol = spec.Symbols[axis];
            if (spec.Dims[axis] < 0 && symbol.Length > 0 && !symbols.TryAdd(symbol, (dims[axis], spec.Name)) && symbols[symbol] is var first && first.Size != dims[axis])
            {
                throw Wrong($"size {dims[axis]} on axis {axis}, where '{symbol}' is {first.Size} by input '{first.Input}'", Tensor.Describe([.. dims]));
            }
        }

        OrtException Wrong(string what, string found) => new($"Input '{spec.Name}' of {model} has {what}: found {found}, wanted {Shape(spec)}.");
    }

    private static string Shape(TensorSpec spec) => spec.ToString()[(spec.Name.Length + 2)..];
}
