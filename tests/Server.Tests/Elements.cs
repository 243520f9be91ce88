using System.Runtime.InteropServices;
using System.Text;
using OnnxPipeline.Files;
using OnnxPipeline.Protos.OpenInference;

namespace OnnxPipeline.Server.Tests;

/// <summary>Three elements of every datatype, the extremes among them: as a tensor, in raw form and in typed form.</summary>
internal static class Elements
{
    public static Tensor Of(string datatype) => datatype switch
    {
        "BOOL" => Tensor.Vector(true, false, true),
        "INT8" => Tensor.Vector<sbyte>(-128, 0, 127),
        "INT16" => Tensor.Vector<short>(-32768, 1, 32767),
        "INT32" => Tensor.Vector(int.MinValue, 2, int.MaxValue),
        "INT64" => Tensor.Vector(long.MinValue, 3, long.MaxValue),
        "UINT8" => Tensor.Vector<byte>(0, 1, 255),
        "UINT16" => Tensor.Vector<ushort>(0, 2, 65535),
        "UINT32" => Tensor.Vector(0u, 3u, uint.MaxValue),
        "UINT64" => Tensor.Vector(0ul, 4ul, ulong.MaxValue),
        "FP16" => Tensor.Vector((Half)(-1.5), Half.Epsilon, Half.MaxValue),
        "BF16" => new(ElementType.BFloat16, [3], MemoryMarshal.AsBytes<ushort>([0x3F80, 0xBF80, 0x7F7F]).ToArray()),
        "FP32" => Tensor.Vector(-1.5f, float.Epsilon, float.PositiveInfinity),
        "FP64" => Tensor.Vector(-1.5, double.Epsilon, double.NegativeInfinity),
        _ => new([Encoding.UTF8.GetBytes("Grüße"), Array.Empty<byte>(), Encoding.UTF8.GetBytes("a\0b")], [3]),
    };

    public static byte[] Raw(string datatype) => Of(datatype) is var tensor && tensor.Strings is { } strings
        ? [.. strings.SelectMany(element => BitConverter.GetBytes(element.Length).Concat(element.ToArray()))]
        : tensor.Bytes.ToArray();

    public static InferTensorContents Typed(string datatype)
    {
        var (contents, tensor) = (new InferTensorContents(), Of(datatype));
        switch (datatype)
        {
            case "BOOL": contents.BoolContents.Add(tensor.As<bool>().ToArray()); break;
            case "INT8": contents.IntContents.Add(tensor.As<sbyte>().ToArray().Select(value => (int)value)); break;
            case "INT16": contents.IntContents.Add(tensor.As<short>().ToArray().Select(value => (int)value)); break;
            case "INT32": contents.IntContents.Add(tensor.As<int>().ToArray()); break;
            case "INT64": contents.Int64Contents.Add(tensor.As<long>().ToArray()); break;
            case "UINT8": contents.UintContents.Add(tensor.As<byte>().ToArray().Select(value => (uint)value)); break;
            case "UINT16": contents.UintContents.Add(tensor.As<ushort>().ToArray().Select(value => (uint)value)); break;
            case "UINT32": contents.UintContents.Add(tensor.As<uint>().ToArray()); break;
            case "UINT64": contents.Uint64Contents.Add(tensor.As<ulong>().ToArray()); break;
            case "FP32": contents.Fp32Contents.Add(tensor.As<float>().ToArray()); break;
            case "FP64": contents.Fp64Contents.Add(tensor.As<double>().ToArray()); break;
            case "BYTES": contents.BytesContents.Add(tensor.Strings!.Select(element => Google.Protobuf.ByteString.CopyFrom(element.Span))); break;
            default: throw new ArgumentException($"{datatype} has no typed form.");
        }

        return contents;
    }
}
