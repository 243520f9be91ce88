using OnnxPipeline.Files;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.Engines;

/// <summary>The memory of one input of a batch, which grows to the largest shape seen, and ONNX Runtime's view of it for every shape seen.</summary>
internal sealed unsafe class BatchInput(TensorSpec spec) : IDisposable
{
    private readonly List<(long[] Dims, nint Tensor)> _shapes = [];
    private readonly List<nint> _old = []; // bound sessions may compare with them
    private NativeBlock _memory = new(0);

    public TensorSpec Spec { get; } = spec;

    /// <summary>The view of the current shape; 0 before the first.</summary>
    public nint Tensor { get; private set; }

    /// <exception cref="OrtException">The shape does not fit <see cref="Spec"/>, or has 2 GiB and more.</exception>
    public Span<byte> Reshape(ReadOnlySpan<long> dims)
    {
        var bytes = Check(dims);
        if (bytes > _memory.Length)
        {
            _memory.Dispose();
            _memory = new NativeBlock(bytes);
            _old.AddRange(_shapes.Select(shape => shape.Tensor));
            _shapes.Clear();
        }

        Tensor = Find(dims);
        if (Tensor == 0)
        {
            Tensor = NativeApi.CreateTensor(_memory.Start, bytes, dims, (int)Spec.Type);
            _shapes.Add((dims.ToArray(), Tensor));
        }

        return new(_memory.Start, (int)bytes);
    }

    public void Dispose()
    {
        foreach (var tensor in _old.Concat(_shapes.Select(shape => shape.Tensor)))
        {
            NativeApi.ReleaseTensor(tensor);
        }

        _memory.Dispose();
    }

    private nint Find(ReadOnlySpan<long> dims)
    {
        foreach (var (known, tensor) in _shapes)
        {
            if (dims.SequenceEqual(known))
            {
                return tensor;
            }
        }

        return 0;
    }

    /// <returns>How many bytes there are.</returns>
    private long Check(ReadOnlySpan<long> dims)
    {
        var fits = dims.Length == Spec.Dims.Count && Spec.Type.Bits() > 0;
        Int128 count = 1;
        for (var i = 0; i < dims.Length && fits; i++)
        {
            fits = dims[i] >= 0 && (Spec.Dims[i] < 0 || Spec.Dims[i] == dims[i]);
            count = Int128.Min(count * dims[i], long.MaxValue);
        }

        if (!fits)
        {
            throw new OrtException($"Input '{Spec.Name}' has the shape {Files.Tensor.Describe(dims)}; wanted {Spec}.");
        }

        var bits = count * Spec.Type.Bits();
        return bits / 8 <= int.MaxValue
            ? Spec.Type.ByteCount((long)count)
            : throw new OrtException($"Input '{Spec.Name}' of the shape {Files.Tensor.Describe(dims)} has {bits / 8} bytes; of one input a batch holds less than 2 GiB. Take fewer examples at once.");
    }
}
