using System.Runtime.InteropServices;

namespace OnnxPipeline.Files;

/// <summary>
/// A checkpoint of Microsoft's training runtime: a FlatBuffer with the identifier <c>ODTC</c>, version 2 (its 1.18 to 1.20 refuse every other).
/// Tensors read from a file are views into it.
/// </summary>
public sealed record OdtcCheckpoint
{
    /// <summary>From this many bytes of parameters on, they go into a file of their own beside the checkpoint: 1.8 GiB.</summary>
    public const long ExternalDataFrom = 1_932_735_283;

    /// <summary>Trainable parameters.</summary>
    public IReadOnlyList<NamedTensor> Trainable { get; init; } = [];

    public IReadOnlyList<NamedTensor> Frozen { get; init; } = [];

    /// <summary>Whether the parameters are names and types only, to be filled before the first step. Read ones then have shape [0].</summary>
    public bool Nominal { get; init; }

    /// <summary>Null where the file has no such list, as when Microsoft's tool made it; empty after training without an optimizer.</summary>
    public IReadOnlyList<OptimizerGroup>? OptimizerGroups { get; init; }

    public PropertyBag Properties { get; init; } = PropertyBag.Empty;

    /// <summary>Where external data of the checkpoint <paramref name="path"/> lies.</summary>
    public static string DataPathOf(string path) => path + ".data";

    /// <summary>Maps and checks a checkpoint.</summary>
    /// <exception cref="FileFormatException">Not such a file, another version, or a damaged one.</exception>
    public static OdtcCheckpoint Read(string path) => OdtcReader.Read(path);

    /// <summary>Ends the mapping of a read file whose elements were copied: its pages need not stay in memory, nor a deleted file on the disk. No tensor of it may be used afterwards.</summary>
    public void Unmap()
    {
        var states = (OptimizerGroups ?? []).SelectMany(group => group.States).SelectMany(state => state.Momentums);
        foreach (var tensor in Trainable.Concat(Frozen).Concat(states).Select(named => named.Tensor))
        {
            if (MemoryMarshal.TryGetMemoryManager<byte, PointerMemory>(tensor.Bytes, out var memory) && memory.Owner is MappedFile file)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>
    /// Writes the file in one pass (and <see cref="DataPathOf"/> where the parameters take <paramref name="externalFrom"/> bytes or more), without
    /// building it in memory; vectors in the given order. Same content, same bytes. Give it a path inside an <see cref="OutputTarget"/>, or use
    /// a new name: two files are not replaced in one step.
    /// </summary>
    /// <exception cref="FileFormatException">It cannot be written, or what stays inline does not fit the format's 2 GiB.</exception>
    public void Write(string path, long externalFrom = ExternalDataFrom) => OdtcWriter.Write(this, path, externalFrom);
}
