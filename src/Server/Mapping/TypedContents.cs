using System.Numerics;
using Google.Protobuf;
using Google.Protobuf.Collections;
using OnnxPipeline.Files;
using OnnxPipeline.Protos.OpenInference;
using InputTensor = OnnxPipeline.Protos.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace OnnxPipeline.Server.Mapping;

/// <summary>Elements in the repeated fields of <see cref="InferTensorContents"/>. FP16 and BF16 have none.</summary>
internal static class TypedContents
{
    private static readonly InferTensorContents Empty = new();

    /// <exception cref="Serving.ServingException">Another field holds elements, their number is not <paramref name="count"/>, or one is out of the datatype's range.</exception>
    public static Tensor Read(InputTensor input, ElementType type, long count)
    {
        var contents = input.Contents ?? Empty;
        CheckField(input, contents, FieldOf(type) ?? throw InputTensors.Wrong(input, $"{input.Datatype} has no typed form, wanted its elements in raw_input_contents."), count);
        var dims = InputTensors.Dims(input);
        return type switch
        {
            ElementType.Bool => Tensor.From<bool>(contents.BoolContents.ToArray(), dims),
            ElementType.Int8 => Tensor.From<sbyte>(Narrow<int, sbyte>(input, contents.IntContents), dims),
            ElementType.Int16 => Tensor.From<short>(Narrow<int, short>(input, contents.IntContents), dims),
            ElementType.Int32 => Tensor.From<int>(contents.IntContents.ToArray(), dims),
            ElementType.Int64 => Tensor.From<long>(contents.Int64Contents.ToArray(), dims),
            ElementType.UInt8 => Tensor.From<byte>(Narrow<uint, byte>(input, contents.UintContents), dims),
            ElementType.UInt16 => Tensor.From<ushort>(Narrow<uint, ushort>(input, contents.UintContents), dims),
            ElementType.UInt32 => Tensor.From<uint>(contents.UintContents.ToArray(), dims),
            ElementType.UInt64 => Tensor.From<ulong>(contents.Uint64Contents.ToArray(), dims),
            ElementType.Float => Tensor.From<float>(contents.Fp32Contents.ToArray(), dims),
            ElementType.Double => Tensor.From<double>(contents.Fp64Contents.ToArray(), dims),
            _ => new Tensor([.. contents.BytesContents.Select(element => element.Memory)], dims),
        };
    }

    /// <summary>Whether <see cref="Write"/> can hold elements of this type.</summary>
    public static bool Holds(ElementType type) => FieldOf(type) is not null;

    public static InferTensorContents Write(Tensor tensor)
    {
        var contents = new InferTensorContents();
        switch (tensor.Type)
        {
            case ElementType.Bool: contents.BoolContents.AddRange(tensor.As<bool>()); break;
            case ElementType.Int8: Widen<sbyte, int>(tensor, contents.IntContents); break;
            case ElementType.Int16: Widen<short, int>(tensor, contents.IntContents); break;
            case ElementType.Int32: contents.IntContents.AddRange(tensor.As<int>()); break;
            case ElementType.Int64: contents.Int64Contents.AddRange(tensor.As<long>()); break;
            case ElementType.UInt8: Widen<byte, uint>(tensor, contents.UintContents); break;
            case ElementType.UInt16: Widen<ushort, uint>(tensor, contents.UintContents); break;
            case ElementType.UInt32: contents.UintContents.AddRange(tensor.As<uint>()); break;
            case ElementType.UInt64: contents.Uint64Contents.AddRange(tensor.As<ulong>()); break;
            case ElementType.Float: contents.Fp32Contents.AddRange(tensor.As<float>()); break;
            case ElementType.Double: contents.Fp64Contents.AddRange(tensor.As<double>()); break;
            case ElementType.String: contents.BytesContents.AddRange(tensor.Strings!.Select(element => UnsafeByteOperations.UnsafeWrap(element))); break;
            default: throw new ArgumentException($"{tensor.Type} has no typed form.");
        }

        return contents;
    }

    private static string? FieldOf(ElementType type) => type switch
    {
        ElementType.Bool => "bool_contents",
        ElementType.Int8 or ElementType.Int16 or ElementType.Int32 => "int_contents",
        ElementType.Int64 => "int64_contents",
        ElementType.UInt8 or ElementType.UInt16 or ElementType.UInt32 => "uint_contents",
        ElementType.UInt64 => "uint64_contents",
        ElementType.Float => "fp32_contents",
        ElementType.Double => "fp64_contents",
        ElementType.String => "bytes_contents",
        _ => null,
    };

    private static void CheckField(InputTensor input, InferTensorContents contents, string wanted, long count)
    {
        ReadOnlySpan<(string Name, int Count)> fields =
        [
            ("bool_contents", contents.BoolContents.Count), ("int_contents", contents.IntContents.Count), ("int64_contents", contents.Int64Contents.Count),
            ("uint_contents", contents.UintContents.Count), ("uint64_contents", contents.Uint64Contents.Count), ("fp32_contents", contents.Fp32Contents.Count),
            ("fp64_contents", contents.Fp64Contents.Count), ("bytes_contents", contents.BytesContents.Count),
        ];
        var own = 0;
        foreach (var field in fields)
        {
            if (field.Name == wanted)
            {
                own = field.Count;
            }
            else if (field.Count > 0)
            {
                throw InputTensors.Wrong(input, $"got {field.Count} {field.Name}, wanted {wanted} for {InputTensors.Describe(input)}.");
            }
        }

        if (own != count)
        {
            throw InputTensors.Wrong(input, $"got {own} {wanted}, wanted {count} for {InputTensors.Describe(input)}.");
        }
    }

    private static T[] Narrow<TWire, T>(InputTensor input, RepeatedField<TWire> values) where TWire : INumberBase<TWire> where T : INumberBase<T>
    {
        var narrow = new T[values.Count];
        for (var i = 0; i < narrow.Length; i++)
        {
            try
            {
                narrow[i] = T.CreateChecked(values[i]);
            }
            catch (OverflowException)
            {
                throw InputTensors.Wrong(input, $"got {values[i]} as element {i}, wanted the range of {input.Datatype}.");
            }
        }

        return narrow;
    }

    private static void Widen<T, TWire>(Tensor tensor, RepeatedField<TWire> values) where T : unmanaged, INumberBase<T> where TWire : INumberBase<TWire>
    {
        values.Capacity = (int)tensor.Count;
        foreach (var value in tensor.As<T>())
        {
            values.Add(TWire.CreateTruncating(value));
        }
    }
}
