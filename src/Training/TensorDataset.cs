using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Training;

/// <summary>
/// A tensor file as examples of a graph's inputs: one array per input, found by the input's name. The first axis of the first input counts
/// the examples; an input whose first axis is k times as long gives k rows to each example (labels flattened over positions). Arrays that
/// no input asks for are not read; of a safetensors file only the rows that are asked for are, so that it may be larger than memory.
/// </summary>
public sealed class TensorDataset
{
    private readonly TensorRows[] _tensors;
    private readonly long[] _factors;

    private TensorDataset(string path, TensorRows[] tensors, long count, long[] factors) => (Path, _tensors, Count, _factors) = (path, tensors, count, factors);

    public string Path { get; }

    /// <summary>The number of examples, at least 1.</summary>
    public long Count { get; }

    /// <summary>Opens the file and compares it with <paramref name="inputs"/> (in graph order, labels included).</summary>
    /// <exception cref="FileFormatException">An input is missing, has another type, rank or fixed dimension, or no whole number of rows for each example.</exception>
    public static TensorDataset Open(string path, IReadOnlyList<TensorSpec> inputs)
    {
        var file = TensorFile.Open(path);
        var infos = inputs.Select(input => Compared(file, input)).ToArray();
        var count = infos.Length == 0
            ? throw new FileFormatException($"{path}: the graph has no inputs, so there is nothing to train on.")
            : infos[0].Dims[0];
        if (count == 0)
        {
            throw new FileFormatException($"{path}: '{infos[0].Name}' has the shape {Tensor.Describe([.. infos[0].Dims])}: no example at all.");
        }

        var factors = infos.Select(info => info.Dims[0] % count == 0 && info.Dims[0] > 0
            ? info.Dims[0] / count
            : throw new FileFormatException($"{path}: '{info.Name}' has {info.Dims[0]} rows and the first input '{infos[0].Name}' {count}: each example needs the same whole number of rows."));
        return new TensorDataset(path, [.. infos.Select(info => file.Rows(info.Name))], count, [.. factors]);
    }

    /// <summary>The shape of input number <paramref name="input"/> in a batch of <paramref name="examples"/>.</summary>
    public long[] Dims(int input, long examples)
    {
        long[] dims = [.. _tensors[input].Info.Dims];
        dims[0] = examples * _factors[input];
        return dims;
    }

    /// <summary>The bytes of one example in input number <paramref name="input"/>, row-major.</summary>
    public ReadOnlySpan<byte> Example(int input, long example) => _tensors[input].Span(example * _factors[input], _factors[input]);

    private static TensorInfo Compared(TensorFile file, TensorSpec input)
    {
        if (!file.TryGetInfo(input.Name, out var found))
        {
            var names = file.Tensors.Count == 0 ? "no array at all" : string.Join(", ", file.Names.Take(8)) + (file.Tensors.Count > 8 ? ", …" : "");
            throw new FileFormatException($"{file.Path} has no array for the input '{input}'; it holds {names}. Keys are the names of the graph's inputs.");
        }

        var fits = found.Type == input.Type && found.Dims.Count == input.Dims.Count && found.Dims.Count > 0
            && found.Dims.Skip(1).Zip(input.Dims.Skip(1)).All(pair => pair.Second < 0 || pair.First == pair.Second);
        return fits ? found : throw new FileFormatException(
            input.Dims.Count == 0
                ? $"{file.Path}: the input '{input}' has no axis to count examples along."
                : $"{file.Path} holds '{found}', the graph wants '{input}'{(found.Type == input.Type ? "" : ": the element type differs")}.");
    }
}
