using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Inference;

/// <summary>Inputs that are places, sizes, axes or counts: whole numbers, whatever the runtime would say of others only when it gets to them.</summary>
internal static class WholeNumberInputs
{
    private static readonly Dictionary<string, int[]> Table = new()
    {
        ["ConstantOfShape"] = [0],
        ["CumSum"] = [1],
        ["CumProd"] = [1],
        ["Expand"] = [1],
        ["Gather"] = [1],
        ["GatherElements"] = [1],
        ["GatherND"] = [1],
        ["Pad"] = [1, 3],
        ["Reshape"] = [1],
        ["ReverseSequence"] = [1],
        ["ScatterElements"] = [1],
        ["ScatterND"] = [1],
        ["Slice"] = [1, 2, 3, 4],
        ["Split"] = [1],
        ["Squeeze"] = [1],
        ["Tile"] = [1],
        ["TopK"] = [1],
        ["Trilu"] = [1],
        ["Unsqueeze"] = [1],
    };

    /// <exception cref="IrException">Such an input is of another type; the message names node and tensor.</exception>
    public static void Check(Node node)
    {
        if (node.Domain.Length > 0 || !Table.TryGetValue(node.OpType, out var inputs))
        {
            return;
        }

        foreach (var index in inputs)
        {
            if (node.Input(index) is { Element: not (ElementType.Undefined or ElementType.Int64 or ElementType.Int32) } value)
            {
                throw new IrException($"{node.Describe()}: its input {index}, '{value.Name}', has the type {value.Element}; int64 or int32 was wanted. Correct the model, or put a Cast before the node.");
            }
        }
    }
}
