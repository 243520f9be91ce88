namespace OnnxPipeline.Ort.CustomOps;

/// <summary>A tensor in ONNX Runtime's memory during a call.</summary>
internal unsafe struct TensorView
{
    public const int MostDims = 12;

    private fixed long _dims[MostDims];

    public TensorView(void* data, ReadOnlySpan<long> dims)
    {
        Data = data;
        Rank = dims.Length;
        Count = 1;
        for (var i = 0; i < dims.Length; i++)
        {
            _dims[i] = dims[i];
            Count *= dims[i];
        }
    }

    /// <summary>Null for an optional tensor that is left out.</summary>
    public void* Data { get; }

    public int Rank { get; }

    public long Count { get; }

    public readonly float* Floats => (float*)Data;

    public readonly long Dim(int axis) => _dims[axis];

    /// <summary>The number of elements of the axes before <paramref name="axis"/> (negative: from the end).</summary>
    public readonly long Before(long axis)
    {
        var count = 1L;
        for (var i = 0; i < (axis < 0 ? axis + Rank : axis); i++)
        {
            count *= _dims[i];
        }

        return count;
    }

    /// <summary>The dimensions, those from <paramref name="ones"/> on (negative: from the end) replaced by 1.</summary>
    public readonly void CopyDims(Span<long> dims, long ones = long.MaxValue)
    {
        for (var i = 0; i < Rank; i++)
        {
            dims[i] = i < (ones < 0 ? ones + Rank : ones) ? _dims[i] : 1;
        }
    }
}
