using System.Buffers;
using Microsoft.ML.OnnxRuntime;
using OnnxPipeline.Files;
using TensorElementType = Microsoft.ML.OnnxRuntime.Tensors.TensorElementType;

namespace OnnxPipeline.Ort;

/// <summary>Tensors as ONNX Runtime takes them: views of their own memory, pinned until <see cref="Dispose"/>; strings are copied.</summary>
internal sealed unsafe class TensorValues : IDisposable
{
    private static readonly byte[] Nothing = GC.AllocateArray<byte>(8, pinned: true);

    private readonly List<MemoryHandle> _pins = [];
    private readonly List<OrtValue> _values = [];

    public TensorValues(IReadOnlyList<NamedTensor> tensors)
    {
        try
        {
            foreach (var named in tensors)
            {
                _values.Add(named.Tensor.Strings is { } strings ? Strings(strings, named.Tensor.Dims) : View(named.Tensor));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<OrtValue> Values => _values;

    /// <summary>A copy that outlives the value.</summary>
    /// <exception cref="OrtException">It is no tensor.</exception>
    public static Tensor Copy(string name, OrtValue value)
    {
        if (!value.IsTensor)
        {
            throw new OrtException($"Output '{name}' is no tensor (a sequence, map or optional value), which is not supported; ask for other outputs.");
        }

        var info = value.GetTensorTypeAndShape();
        if (info.ElementDataType != TensorElementType.String)
        {
            return new Tensor((ElementType)info.ElementDataType, info.Shape, value.GetTensorMutableRawData().ToArray());
        }

        var strings = new ReadOnlyMemory<byte>[info.ElementCount];
        for (var i = 0; i < strings.Length; i++)
        {
            strings[i] = value.GetStringElementAsSpan(i).ToArray();
        }

        return new Tensor(strings, info.Shape);
    }

    public void Dispose()
    {
        _values.ForEach(value => value.Dispose());
        _pins.ForEach(pin => pin.Dispose());
    }

    private OrtValue View(Tensor tensor)
    {
        var pin = (tensor.Bytes.IsEmpty ? Nothing : tensor.Bytes).Pin(); // no elements still need an address
        _pins.Add(pin);
        return OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, (TensorElementType)tensor.Type, [.. tensor.Dims], (nint)pin.Pointer, tensor.Bytes.Length);
    }

    private static OrtValue Strings(IReadOnlyList<ReadOnlyMemory<byte>> strings, IReadOnlyList<long> dims)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [.. dims]);
        for (var i = 0; i < strings.Count; i++)
        {
            value.StringTensorSetElementAt(strings[i].Span, i);
        }

        return value;
    }
}
