using Google.Protobuf;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

internal static class ModelWriter
{
    /// <summary>The file as pieces in order; large elements are the tensors' own memory.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Write(Model model, ExternalData? external)
    {
        var blocks = new TensorBlocks();
        var writer = new GraphWriter(blocks, external);
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
        return blocks.Insert(proto.ToByteArray());
    }
}
