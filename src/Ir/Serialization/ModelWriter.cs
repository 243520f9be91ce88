using Google.Protobuf;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

internal static class ModelWriter
{
    /// <summary>A protobuf message has less than 2 GiB; some are left for the nodes.</summary>
    private const long MostInline = int.MaxValue - (64 << 20);

    /// <summary>The message of a model; elements are the tensors' own memory, wrapped and not copied.</summary>
    /// <exception cref="IrException">More than fits into one file, or names that clash.</exception>
    public static ModelProto Write(Model model, ExternalData? external)
    {
        var inline = model.Graph.Initializers.Where(v => external?.Places.ContainsKey(v) != true).Sum(v => (long)v.Initializer!.Bytes.Length);
        if (inline > MostInline)
        {
            throw new IrException($"The initializers of the graph '{model.Graph.Name}' take {inline} bytes; a model in one file ends at 2 GiB: put its weights into external data.");
        }

        var writer = new GraphWriter(external);
        var proto = ModelProto.Parser.ParseFrom(model.ForeignFields.Span);
        proto.IrVersion = model.IrVersion;
        if (model.ProducerName.Length > 0)
        {
            proto.ProducerName = model.ProducerName;
        }

        if (model.ProducerVersion.Length > 0)
        {
            proto.ProducerVersion = model.ProducerVersion;
        }

        if (model.Domain.Length > 0)
        {
            proto.Domain = model.Domain;
        }

        if (model.ModelVersion != 0)
        {
            proto.ModelVersion = model.ModelVersion;
        }

        if (model.DocString is { } text)
        {
            proto.DocString = text;
        }

        proto.Graph = writer.Write(model.Graph);
        proto.OpsetImport.AddRange(model.OpsetImports.Select(o => new OperatorSetIdProto { Domain = o.Key, Version = o.Value }));
        proto.MetadataProps.AddRange(model.Metadata.Select(m => new StringStringEntryProto { Key = m.Key, Value = m.Value }));
        proto.Functions.AddRange(model.Functions.Select(writer.Write));
        return proto;
    }
}
