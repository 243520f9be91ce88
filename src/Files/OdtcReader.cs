using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>Reads an ODTC checkpoint from a mapped file, trusting nothing in it.</summary>
internal static class OdtcReader
{
    public static OdtcCheckpoint Read(string path)
    {
        var mapped = MappedFile.Open(path);
        try
        {
            if (mapped.Length < 16 || !mapped.Slice(4, 4).Span.SequenceEqual("ODTC"u8))
            {
                throw new FileFormatException($"{path} is no checkpoint: its identifier is not ODTC.");
            }

            return Read(path, new FlatTable.File(path, mapped.Slice(0, mapped.Length)).Root());
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    private static OdtcCheckpoint Read(string path, FlatTable root)
    {
        if (root.Int(0) != 2)
        {
            throw new FileFormatException($"{path} is a checkpoint of version {root.Int(0)}; version 2 is wanted, which ONNX Runtime Training 1.18 and later write.");
        }

        if (root.Table(1) is not { } module)
        {
            throw new FileFormatException($"{path} is a checkpoint without parameters.");
        }

        var nominal = module.Bool(2);
        MappedFile? data = null;
        try
        {
            data = module.Bool(3) ? MappedFile.Open(OdtcCheckpoint.DataPathOf(path)) : null;
            List<NamedTensor> Parameters(int slot) => module.Tables(slot, t => ReadTensor(path, t, nominal, data))
                ?? throw new FileFormatException($"{path} is a damaged checkpoint: its list of {(slot == 0 ? "trainable" : "frozen")} parameters is missing.");

            var (trainable, frozen) = (Parameters(0), Parameters(1));
            var names = new HashSet<string>();
            if (trainable.Concat(frozen).FirstOrDefault(p => !names.Add(p.Name)) is { } twice)
            {
                throw new FileFormatException($"{path} is a damaged checkpoint: the parameter '{twice.Name}' is there twice.");
            }

            return new OdtcCheckpoint
            {
                Trainable = trainable,
                Frozen = frozen,
                Nominal = nominal,
                OptimizerGroups = root.Tables(2, group => ReadGroup(path, group)),
                Properties = root.Table(3) is { } bag ? ReadProperties(bag) : PropertyBag.Empty,
            };
        }
        catch
        {
            data?.Dispose();
            throw;
        }
    }

    private static OptimizerGroup ReadGroup(string path, FlatTable group) => new(group.Text(0), group.Long(1), group.Float(2),
        group.Tables(3, state => new ParameterState(state.Text(0), state.Tables(1, m => ReadTensor(path, m, nominal: false, data: null)) ?? [])) ?? []);

    private static PropertyBag ReadProperties(FlatTable bag) => new(
        bag.Tables(0, p => KeyValuePair.Create(p.Text(0), p.Long(1))) ?? [],
        bag.Tables(1, p => KeyValuePair.Create(p.Text(0), p.Float(1))) ?? [],
        bag.Tables(2, p => KeyValuePair.Create(p.Text(0), p.Text(1))) ?? []);

    private static NamedTensor ReadTensor(string path, FlatTable table, bool nominal, MappedFile? data)
    {
        var (name, number) = (table.Text(0), table.Int(3));
        var type = Enum.IsDefined((ElementType)number) ? (ElementType)number : ElementType.Undefined;
        if (type.Bits() == 0)
        {
            throw new FileFormatException($"{path}: the tensor '{name}' has the element type {number}, which no parameter can have.");
        }

        if (nominal)
        {
            if (table.Bytes(2, 8) is null || table.Bytes(4, 1) is null)
            {
                throw new FileFormatException($"{path}: the nominal tensor '{name}' lacks its empty dimensions or its empty content, which Microsoft's runtime wants to find.");
            }

            return new NamedTensor(name, new Tensor(type, [0], default));
        }

        var dims = MemoryMarshal.Cast<byte, long>((table.Bytes(2, 8) ?? throw new FileFormatException($"{path}: the tensor '{name}' has no dimensions.")).Span).ToArray();
        var offset = table.Long(6, absent: -1);
        try
        {
            var bytes = table.Bytes(4, 1) ?? (data is not null && offset >= 0
                ? data.Slice(offset, type.ByteCount(dims.Aggregate(1L, (count, dim) => checked(count * dim))))
                : throw new FileFormatException($"it has no content{(offset >= 0 ? ", and the checkpoint says that it has no data file" : "")}."));
            return new NamedTensor(name, new Tensor(type, dims, bytes));
        }
        catch (Exception e) when (e is FileFormatException or OverflowException)
        {
            throw new FileFormatException($"{path}: the tensor '{name}' of shape {Tensor.Describe(dims)} is damaged: {e.Message}", e);
        }
    }
}
