using OnnxPipeline.Files;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Serving;
using InputTensor = OnnxPipeline.Protos.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace OnnxPipeline.Server.Mapping;

/// <summary>The tensors of a request, in raw or typed form. Raw elements are not copied. Whether a model takes them is not asked here.</summary>
internal static class InputTensors
{
    /// <exception cref="ServingException">A tensor says something else than it holds; the message names it.</exception>
    public static NamedTensor[] Of(ModelInferRequest request)
    {
        var raw = request.RawInputContents;
        if (raw.Count > 0 && raw.Count != request.Inputs.Count)
        {
            throw Wrong($"got {raw.Count} raw_input_contents, wanted {request.Inputs.Count}: one for each of {string.Join(", ", request.Inputs.Select(input => $"'{input.Name}'"))}.");
        }

        var tensors = new NamedTensor[request.Inputs.Count];
        for (var i = 0; i < tensors.Length; i++)
        {
            var input = request.Inputs[i];
            var (type, count) = (TypeOf(input), CountOf(input));
            tensors[i] = new(input.Name, raw.Count > 0 ? Raw(input, type, count, raw[i].Memory) : TypedContents.Read(input, type, count));
        }

        return tensors;
    }

    public static ServingException Wrong(InputTensor input, string text) => Wrong($"input '{input.Name}': {text}");

    private static ServingException Wrong(string text) => new(ServingErrorKind.InvalidArgument, $"ModelInfer, {text}");

    private static Tensor Raw(InputTensor input, ElementType type, long count, ReadOnlyMemory<byte> raw)
    {
        if (input.Contents is { } contents && contents.CalculateSize() > 0)
        {
            throw Wrong(input, "got its elements in contents as well as raw_input_contents, wanted one of both.");
        }

        if (type == ElementType.String)
        {
            var elements = RawStrings.Read(raw) ?? throw Wrong(input, $"got {raw.Length} raw bytes in which a length leads beyond the end, wanted each element as its length (4 bytes, little-endian) and its bytes.");
            return elements.Count == count ? new Tensor(elements, Dims(input)) : throw Wrong(input, $"got {elements.Count} elements, wanted {count} for {Describe(input)}.");
        }

        if (raw.Length != Bytes(input, type, count))
        {
            throw Wrong(input, $"got {raw.Length} raw bytes, wanted {Bytes(input, type, count)} for {Describe(input)}.");
        }

        if (type == ElementType.Bool && raw.Span.IndexOfAnyExceptInRange<byte>(0, 1) is >= 0 and var at)
        {
            throw Wrong(input, $"got the byte {raw.Span[at]} as element {at}, wanted 0 or 1 for BOOL.");
        }

        return new Tensor(type, Dims(input), raw);
    }

    private static ElementType TypeOf(InputTensor input) =>
        Datatypes.TypeOf(input.Datatype) ?? throw Wrong(input, $"got datatype '{input.Datatype}', wanted one of {string.Join(", ", Datatypes.All)}.");

    private static long CountOf(InputTensor input)
    {
        var count = 1L;
        foreach (var dim in input.Shape)
        {
            if (dim < 0)
            {
                throw Wrong(input, $"got shape {Tensor.Describe(Dims(input))}, wanted dimensions of at least 0.");
            }

            count = Math.BigMul(count, dim, out var low) == 0 && low >= 0 ? low : throw TooLarge(input);
        }

        return count;
    }

    private static long Bytes(InputTensor input, ElementType type, long count)
    {
        var bytes = (Int128)count * type.Bits() / 8;
        return bytes <= long.MaxValue ? (long)bytes : throw TooLarge(input);
    }

    private static ServingException TooLarge(InputTensor input) => Wrong(input, $"got shape {Tensor.Describe(Dims(input))}, wanted one that fits a message.");

    internal static long[] Dims(InputTensor input) => [.. input.Shape];

    internal static string Describe(InputTensor input) => $"{input.Datatype} {Tensor.Describe(Dims(input))}";
}
