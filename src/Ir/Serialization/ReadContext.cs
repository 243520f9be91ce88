using Google.Protobuf;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>What reading one model needs everywhere: its name in messages, the elements of its tensors, the files beside it.</summary>
/// <param name="elements">What <see cref="ElementCut"/> took out.</param>
/// <param name="folder">Where external data lie; null: the model is not a file, external data are refused.</param>
internal sealed class ReadContext(string path, string? folder, bool followLinks, IReadOnlyList<ReadOnlyMemory<byte>> elements)
{
    private readonly Dictionary<string, MappedFile> _files = [];

    public string Path { get; } = path;

    /// <summary>The elements that the <c>raw_data</c> of a tensor stands for.</summary>
    public ReadOnlyMemory<byte> Elements(ByteString rawData) => elements[ElementCut.Number(rawData.Span)];

    public MappedFile External(string location, string where)
    {
        if (folder is null)
        {
            throw new IrException($"{where} lies in the file '{location}', but this model was not read from a folder.");
        }

        if (!_files.TryGetValue(location, out var file))
        {
            _files.Add(location, file = MappedFile.Open(InputFile.Inside(folder, location, where, followLinks)));
        }

        return file;
    }
}
