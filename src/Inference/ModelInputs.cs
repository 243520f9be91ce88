using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Inference;

/// <summary>The inputs of a causal language model for one row of ids that stand for themselves: nothing before them, nothing padded.</summary>
internal static class ModelInputs
{
    public const string Ids = "input_ids";

    private const string Past = "past_key_values.";

    private static readonly Dictionary<string, Func<int, int>> Fillings = new()
    {
        ["attention_mask"] = _ => 1,
        ["position_ids"] = position => position,
        ["token_type_ids"] = _ => 0,
    };

    /// <summary>The inputs beside the ids that can be filled.</summary>
    public static IEnumerable<string> Others => Fillings.Keys.Append(Past + "N.key").Append(Past + "N.value");

    public static bool CanFill(TensorSpec input) =>
        input.Type is ElementType.Int64 or ElementType.Int32 ? input.Name == Ids || Fillings.ContainsKey(input.Name)
        : input.Name.StartsWith(Past, StringComparison.Ordinal) && input.Dims is [_, > 0, _, > 0];

    public static IReadOnlyList<NamedTensor> Of(IReadOnlyList<TensorSpec> inputs, ReadOnlySpan<int> ids)
    {
        var given = ids.ToArray();
        return [.. inputs.Select(input => new NamedTensor(input.Name,
            input.Name == Ids ? Row(input.Type, given)
            : Fillings.TryGetValue(input.Name, out var fill) ? Row(input.Type, [.. Enumerable.Range(0, given.Length).Select(fill)])
            : new Tensor(input.Type, [1, input.Dims[1], 0, input.Dims[3]], default)))]; // a past of no tokens: [batch, heads, 0, head size]
    }

    private static Tensor Row(ElementType type, int[] values) => type == ElementType.Int32
        ? Tensor.From<int>(values, 1, values.Length)
        : Tensor.From<long>(Array.ConvertAll(values, value => (long)value), 1, values.Length);
}
