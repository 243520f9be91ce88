using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>Lays out and streams an ODTC checkpoint. Slots are the field ids of Microsoft's schema; values equal to their defaults are left out, as its writer does.</summary>
internal static class OdtcWriter
{
    /// <summary>Tensors below this stay inline when the others move to the data file.</summary>
    private const int SmallestExternal = 64;

    public static void Write(OdtcCheckpoint checkpoint, string path, long externalFrom)
    {
        var parameters = checkpoint.Trainable.Concat(checkpoint.Frozen).ToList();
        var total = checkpoint.Nominal ? 0 : parameters.Sum(p => (long)p.Tensor.Bytes.Length);
        var external = !checkpoint.Nominal && total >= externalFrom;
        FreeSpace.Require(path, total + Momentums(checkpoint).Sum(m => (long)m.Tensor.Bytes.Length));
        var offsets = external ? WriteData(parameters, OdtcCheckpoint.DataPathOf(path)) : [];

        FlatNode Parameters(IReadOnlyList<NamedTensor> tensors) => new FlatNode.References(
            [.. tensors.Select(t => checkpoint.Nominal ? TensorNode(t.Name, t.Tensor.Type, [], ReadOnlyMemory<byte>.Empty) : Whole(t, offsets))]);

        var root = new FlatNode.Table(
            FlatNode.Int(0, 2),
            FlatNode.Ref(1, new FlatNode.Table(
                FlatNode.Ref(0, Parameters(checkpoint.Trainable)),
                FlatNode.Ref(1, Parameters(checkpoint.Frozen)),
                checkpoint.Nominal ? FlatNode.Bool(2, true) : null,
                external ? FlatNode.Bool(3, true) : null)),
            checkpoint.OptimizerGroups is { } groups ? FlatNode.Ref(2, new FlatNode.References([.. groups.Select(GroupNode)])) : null,
            checkpoint.Properties.IsEmpty ? null : FlatNode.Ref(3, PropertiesNode(checkpoint.Properties)));
        AtomicFile.Write(path, stream => FlatNode.Write(stream, root, "ODTC"u8, path));
    }

    private static IEnumerable<NamedTensor> Momentums(OdtcCheckpoint checkpoint) =>
        (checkpoint.OptimizerGroups ?? []).SelectMany(g => g.States).SelectMany(s => s.Momentums);

    /// <summary>Writes the data file; gives the place of every tensor that is in it.</summary>
    private static Dictionary<NamedTensor, long> WriteData(List<NamedTensor> parameters, string path)
    {
        var offsets = new Dictionary<NamedTensor, long>(ReferenceEqualityComparer.Instance);
        AtomicFile.Write(path, stream =>
        {
            long at = 0;
            foreach (var parameter in parameters.Where(p => p.Tensor.Bytes.Length >= SmallestExternal))
            {
                var aligned = parameter.Tensor.Type.Bits() == 64 ? (at + 7) / 8 * 8 : (at + 3) / 4 * 4;
                stream.Write(new byte[aligned - at]);
                stream.Write(parameter.Tensor.Bytes.Span);
                offsets.Add(parameter, aligned);
                at = aligned + parameter.Tensor.Bytes.Length;
            }
        });
        return offsets;
    }

    private static FlatNode.Table Whole(NamedTensor named, Dictionary<NamedTensor, long> offsets) => offsets.TryGetValue(named, out var offset)
        ? TensorNode(named.Name, named.Tensor.Type, named.Tensor.Dims, null, offset)
        : TensorNode(named.Name, named.Tensor.Type, named.Tensor.Dims, named.Tensor.Bytes);

    private static FlatNode.Table TensorNode(string name, ElementType type, IReadOnlyList<long> dims, ReadOnlyMemory<byte>? bytes, long offset = -1) => new(
        FlatNode.Text(0, name),
        FlatNode.Ref(2, new FlatNode.Bytes(MemoryMarshal.AsBytes<long>(dims.ToArray()).ToArray(), 8)),
        type == ElementType.Undefined ? null : FlatNode.Int(3, (int)type),
        bytes is { } content ? FlatNode.Ref(4, new FlatNode.Bytes(content, 1)) : null,
        offset == -1 ? null : FlatNode.Long(6, offset));

    private static FlatNode.Table GroupNode(OptimizerGroup group) => new FlatNode.Table(
        FlatNode.Text(0, group.Name),
        group.Step == 0 ? null : FlatNode.Long(1, group.Step),
        group.InitialLearningRate == 0 ? null : FlatNode.Float(2, group.InitialLearningRate),
        FlatNode.Ref(3, new FlatNode.References([.. group.States.Select(state => new FlatNode.Table(
            FlatNode.Text(0, state.Parameter),
            FlatNode.Ref(1, new FlatNode.References([.. state.Momentums.Select(m => Whole(m, []))]))))])));

    private static FlatNode.Table PropertiesNode(PropertyBag bag)
    {
        static FlatNode Pair(string name, FlatNode.Field? value) => new FlatNode.Table(FlatNode.Text(0, name), value);
        return new FlatNode.Table(
            FlatNode.Ref(0, new FlatNode.References([.. bag.Ints.Select(p => Pair(p.Key, p.Value == 0 ? null : FlatNode.Long(1, p.Value)))])),
            FlatNode.Ref(1, new FlatNode.References([.. bag.Floats.Select(p => Pair(p.Key, p.Value == 0 ? null : FlatNode.Float(1, p.Value)))])),
            FlatNode.Ref(2, new FlatNode.References([.. bag.Strings.Select(p => Pair(p.Key, FlatNode.Text(1, p.Value)))])));
    }
}
