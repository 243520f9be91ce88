using Google.Protobuf;
using OnnxPipeline.Files;
using OnnxPipeline.Ir.Serialization.Proto;

namespace OnnxPipeline.Ir.Serialization;

internal static class TypeProtos
{
    public static OnnxType? Read(TypeProto? proto, string where)
    {
        if (proto is null)
        {
            return null;
        }

        if (proto.TensorType is { } tensor)
        {
            return Enum.IsDefined((ElementType)tensor.ElemType)
                ? new TensorType((ElementType)tensor.ElemType, tensor.Shape is { } shape ? Shape.Of([.. shape.Dim.Select(d => Read(d, where))]) : null)
                : throw new IrException($"{where} has the element type {tensor.ElemType}, which is none of ONNX's.");
        }

        return proto switch
        {
            { SequenceType.ElemType: { } item } => new SequenceType(Read(item, where)!),
            { OptionalType.ElemType: { } item } => new OptionalType(Read(item, where)!),
            _ => proto.CalculateSize() == 0 ? null : new ForeignType(proto.ToByteArray()),
        };
    }

    /// <summary>The message of a type; null where nothing is known.</summary>
    public static TypeProto? Write(OnnxType? type)
    {
        switch (type)
        {
            case TensorType tensor:
                var proto = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)tensor.Element } };
                if (tensor.Shape is { } shape)
                {
                    proto.TensorType.Shape = new TensorShapeProto();
                    proto.TensorType.Shape.Dim.AddRange(shape.Select(Write));
                }

                return proto;
            case SequenceType sequence:
                return new TypeProto { SequenceType = new TypeProto.Types.Sequence { ElemType = Write(sequence.Item) } };
            case OptionalType optional:
                return new TypeProto { OptionalType = new TypeProto.Types.Optional { ElemType = Write(optional.Item) } };
            case ForeignType foreign:
                return TypeProto.Parser.ParseFrom(foreign.Proto.Span);
            default:
                return null;
        }
    }

    /// <summary><paramref name="proto"/> where it says what a type or a dimension stands for (denotations), null where it says nothing of the kind.</summary>
    public static TypeProto? Denotations(TypeProto? proto) => Denotes(proto) ? proto : null;

    /// <summary>Gives <paramref name="proto"/> the denotations of <paramref name="from"/>, as far as both have the same form.</summary>
    public static void Denote(TypeProto? proto, TypeProto? from)
    {
        if (proto is null || from is null)
        {
            return;
        }

        if (from.HasDenotation)
        {
            proto.Denotation = from.Denotation;
        }

        if (proto.TensorType?.Shape is { } shape && from.TensorType?.Shape is { } other && shape.Dim.Count == other.Dim.Count)
        {
            foreach (var (dim, meaning) in shape.Dim.Zip(other.Dim).Where(pair => pair.Second.HasDenotation))
            {
                dim.Denotation = meaning.Denotation;
            }
        }

        Denote(proto.SequenceType?.ElemType, from.SequenceType?.ElemType);
        Denote(proto.OptionalType?.ElemType, from.OptionalType?.ElemType);
    }

    private static bool Denotes(TypeProto? proto) => proto is not null
        && (proto.HasDenotation || proto.TensorType?.Shape?.Dim.Any(dim => dim.HasDenotation) == true || Denotes(proto.SequenceType?.ElemType) || Denotes(proto.OptionalType?.ElemType));

    private static Dim Read(TensorShapeProto.Types.Dimension dim, string where) =>
        dim.HasDimValue ? dim.DimValue >= 0 ? Dim.Of(dim.DimValue) : dim.DimValue == -1 ? Dim.Unknown : throw new IrException($"{where} has the dimension {dim.DimValue}; dimensions are at least 0.")
        : dim.HasDimParam && dim.DimParam.Length > 0 ? Dim.Named(dim.DimParam.Replace('?', '_')) : Dim.Unknown;

    private static TensorShapeProto.Types.Dimension Write(Dim dim)
    {
        var proto = new TensorShapeProto.Types.Dimension();
        if (dim.IsKnown)
        {
            proto.DimValue = dim.Value;
        }
        else if (dim.Symbol is { } symbol && !dim.IsFresh)
        {
            proto.DimParam = symbol;
        }

        return proto;
    }
}
