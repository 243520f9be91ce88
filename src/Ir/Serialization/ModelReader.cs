using Google.Protobuf;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

internal static class ModelReader
{
    /// <param name="path">What messages call the model.</param>
    /// <param name="folder">Where external data lie; null: none allowed.</param>
    public static Model Read(ReadOnlyMemory<byte> bytes, string path, string? folder, bool followLinks)
    {
        var (proto, elements) = Parse(bytes, path);
        var context = new ReadContext(path, folder, followLinks, elements);
        if (proto.Graph is null)
        {
            throw new IrException($"{path} holds no graph: it is no ONNX model, or it is damaged.");
        }

        var reader = new GraphReader(context);
        var model = new Model(reader.Read(proto.Graph, _ => null))
        {
            IrVersion = proto.IrVersion,
            ProducerName = proto.ProducerName,
            ProducerVersion = proto.ProducerVersion,
            Domain = proto.Domain,
            ModelVersion = proto.ModelVersion,
            DocString = proto.HasDocString ? proto.DocString : null,
        };
        foreach (var import in proto.OpsetImport)
        {
            if (!model.OpsetImports.TryAdd(GraphReader.Domain(import.Domain), Version(import, context)))
            {
                throw new IrException($"{path} imports the domain '{import.Domain}' twice.");
            }
        }

        foreach (var entry in proto.MetadataProps)
        {
            model.Metadata[entry.Key] = entry.Value;
        }

        model.Functions.AddRange(proto.Functions.Select(reader.Read));
        model.ForeignFields = Rest(proto);
        return model;
    }

    public static int Version(OperatorSetIdProto import, ReadContext context) => import.Version is >= 1 and <= int.MaxValue
        ? (int)import.Version
        : throw new IrException($"{context.Path} imports version {import.Version} of the domain '{import.Domain}'; versions are numbers from 1.");

    private static (ModelProto, IReadOnlyList<ReadOnlyMemory<byte>>) Parse(ReadOnlyMemory<byte> bytes, string path)
    {
        try
        {
            var (message, elements) = ElementCut.Apply(bytes);
            return (ModelProto.Parser.ParseFrom(message.Span), elements);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            throw new IrException($"{path} is no ONNX model, or it is damaged: {e.Message}", e);
        }
    }

    private static byte[] Rest(ModelProto proto)
    {
        proto.Graph = null;
        proto.OpsetImport.Clear();
        proto.MetadataProps.Clear();
        proto.Functions.Clear();
        proto.ClearIrVersion();
        proto.ClearProducerName();
        proto.ClearProducerVersion();
        proto.ClearDomain();
        proto.ClearModelVersion();
        proto.ClearDocString();
        return proto.ToByteArray();
    }
}
