using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>What reading one model needs everywhere: its name in messages, its large blocks, the files beside it.</summary>
/// <param name="folder">Where external data lie; null: the model is not a file, external data are refused.</param>
internal sealed class ReadContext(string path, string? folder, bool followLinks, TensorBlocks blocks)
{
    private readonly Dictionary<string, MappedFile> _files = [];

    public string Path { get; } = path;

    public TensorBlocks Blocks { get; } = blocks;

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
