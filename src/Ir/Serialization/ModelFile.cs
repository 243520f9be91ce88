using Google.Protobuf;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Serialization;

/// <summary>ONNX files: the only place where models meet protobuf.</summary>
public static class ModelFile
{
    private const long MostInline = 1L << 30;
    private const int Alignment = 64;

    /// <summary>Reads a model; large initializers stay in the memory-mapped file. Types are those that the file gives.</summary>
    /// <param name="followLinks">Whether external data may lie behind a link that leaves the model's folder.</param>
    /// <exception cref="PipelineException">The file cannot be read, is no ONNX model, or breaks a rule of the format.</exception>
    public static Model Load(string path, bool followLinks = false)
    {
        var file = MappedFile.Open(path);
        if (file.Length == 0)
        {
            throw new IrException($"{path} is empty; an ONNX model was wanted.");
        }

        var model = ModelReader.Read(file.Slice(0, file.Length), path, Path.GetDirectoryName(Path.GetFullPath(path)), followLinks);
        ModelVerifier.Check(model, path);
        return model;
    }

    /// <summary>Reads a model from memory, which the model goes on using.</summary>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="IrException">No ONNX model, external data, or a rule of the format is broken.</exception>
    public static Model Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        var model = ModelReader.Read(bytes, name, null, followLinks: false);
        ModelVerifier.Check(model, name);
        return model;
    }

    /// <summary>The model as one block of bytes, every initializer inline; for models whose weights are inputs or small.</summary>
    /// <exception cref="IrException">The model takes 2 GiB or more, or its inputs, initializers and outputs have names that clash.</exception>
    public static byte[] ToBytes(Model model) => ModelWriter.Write(model, null).ToByteArray();

    /// <summary>
    /// Writes <paramref name="path"/>. Initializers are inline up to 1 GiB in all; above that they go to <c>&lt;path&gt;.data</c> beside it.
    /// The caller sees to it that a partial file does no harm (<see cref="OutputTarget"/>).
    /// </summary>
    /// <param name="external">Initializers whose elements lie in another file, which the caller writes.</param>
    /// <exception cref="PipelineException">The model cannot be written.</exception>
    public static void Save(Model model, string path, ExternalData? external = null) => Save(model, path, external, MostInline);

    internal static void Save(Model model, string path, ExternalData? external, long mostInline)
    {
        if (external is null && model.Graph.Initializers.Sum(v => (long)v.Initializer!.Bytes.Length) > mostInline)
        {
            external = WriteData(model, path + ".data");
        }

        var proto = ModelWriter.Write(model, external);
        AtomicFile.Write(path, proto.WriteTo);
    }

    private static ExternalData WriteData(Model model, string path)
    {
        var places = new Dictionary<Value, ManifestData>();
        AtomicFile.Write(path, stream =>
        {
            long at = 0;
            foreach (var value in model.Graph.Initializers.Where(v => v.Initializer!.Bytes.Length >= Alignment))
            {
                var bytes = value.Initializer!.Bytes;
                stream.Write(new byte[(Alignment - at % Alignment) % Alignment]);
                at = (at + Alignment - 1) / Alignment * Alignment;
                stream.Write(bytes.Span);
                places.Add(value, new ManifestData(at, bytes.Length));
                at += bytes.Length;
            }
        });
        return new ExternalData(Path.GetFileName(path), places);
    }
}
