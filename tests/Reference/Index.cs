namespace OnnxPipeline.Reference;

/// <summary>Row-major index arithmetic.</summary>
internal static class Index
{
    public static int Count(ReadOnlySpan<int> dims)
    {
        var count = 1;
        foreach (var dim in dims)
        {
            count = checked(count * dim);
        }

        return count;
    }

    public static int[] Strides(int[] dims)
    {
        var strides = new int[dims.Length];
        var stride = 1;
        for (var i = dims.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= dims[i];
        }

        return strides;
    }

    public static int Flat(int[] index, int[] strides)
    {
        var flat = 0;
        for (var i = 0; i < index.Length; i++)
        {
            flat += index[i] * strides[i];
        }

        return flat;
    }

    /// <summary>Every index of an array of this shape in order; the same array each time, not to be kept.</summary>
    public static IEnumerable<int[]> All(int[] dims)
    {
        var index = new int[dims.Length];
        for (var left = Count(dims); left > 0; left--)
        {
            yield return index;
            for (var i = dims.Length - 1; i >= 0 && ++index[i] == dims[i]; i--)
            {
                index[i] = 0;
            }
        }
    }

    /// <summary>−1 is the last axis.</summary>
    public static int Axis(long axis, int rank)
    {
        var result = (int)(axis < 0 ? axis + rank : axis);
        return result >= 0 && result <= rank ? result : throw new ArgumentException($"Axis {axis} of an array of rank {rank}.");
    }

    /// <summary>A negative index counts from the end.</summary>
    public static int Place(long index, int size)
    {
        var result = index < 0 ? index + size : index;
        return result >= 0 && result < size ? (int)result : throw new ArgumentException($"Index {index} of a dimension of size {size}.");
    }

    /// <summary>The shape to which arrays of these shapes are broadcast.</summary>
    public static int[] Broadcast(params int[][] shapes)
    {
        var result = Enumerable.Repeat(1, shapes.Max(s => s.Length)).ToArray();
        foreach (var shape in shapes)
        {
            var extra = result.Length - shape.Length;
            for (var i = 0; i < shape.Length; i++)
            {
                ref var dim = ref result[i + extra];
                if (dim != shape[i] && dim != 1 && shape[i] != 1)
                {
                    throw new ArgumentException($"Shapes do not broadcast: {string.Join(" and ", shapes.Select(s => $"[{string.Join(", ", s)}]"))}.");
                }

                dim = dim == 1 ? shape[i] : dim;
            }
        }

        return result;
    }

    /// <summary>A copy with one dimension replaced.</summary>
    public static int[] With(int[] dims, int axis, int size)
    {
        var copy = (int[])dims.Clone();
        copy[axis] = size;
        return copy;
    }
}
