using System.Collections;
using System.Runtime.CompilerServices;

namespace OnnxPipeline.Ir;

/// <summary>The dimensions of a tensor of known rank; a tensor of unknown rank has no shape (null).</summary>
[CollectionBuilder(typeof(Shape), nameof(Of))]
public sealed class Shape : IReadOnlyList<Dim>, IEquatable<Shape>
{
    private readonly Dim[] _dims;

    private Shape(Dim[] dims) => _dims = dims;

    /// <summary>The shape of a rank-0 tensor.</summary>
    public static Shape Scalar { get; } = new([]);

    public int Rank => _dims.Length;

    int IReadOnlyCollection<Dim>.Count => _dims.Length;

    /// <summary>Whether every dimension is a number.</summary>
    public bool IsStatic => Array.TrueForAll(_dims, d => d.IsKnown);

    /// <summary>The number of elements where every dimension is a number, else null; null too where it is beyond all memories.</summary>
    public long? Count => IsStatic && _dims.Aggregate((Int128)1, (n, d) => Int128.Min(n, long.MaxValue) * d.Value) is var count && count <= long.MaxValue ? (long)count : null;

    public ReadOnlySpan<Dim> Dims => _dims;

    public Dim this[int index] => _dims[index];

    /// <summary>The dimension at <paramref name="axis"/>, where −1 is the last.</summary>
    public Dim At(long axis) => _dims[checked((int)(axis < 0 ? axis + Rank : axis))];

    public static Shape Of(params ReadOnlySpan<Dim> dims) => new(dims.ToArray());

    public static Shape Of(IEnumerable<long> dims) => new([.. dims.Select(Dim.Of)]);

    /// <summary>The numbers of a static shape.</summary>
    /// <exception cref="InvalidOperationException">A dimension is not a number.</exception>
    public long[] ToArray() => Array.ConvertAll(_dims, d => d.Value);

    /// <summary>This shape with <paramref name="axis"/> replaced.</summary>
    public Shape With(int axis, Dim dim)
    {
        var dims = (Dim[])_dims.Clone();
        dims[axis] = dim;
        return new(dims);
    }

    /// <summary>Whether both have the same rank and every dimension is certain to have the same size.</summary>
    public bool IsSameAs(Shape? other) =>
        other is not null && other.Rank == Rank && _dims.Zip(other._dims).All(pair => pair.First.IsSameAs(pair.Second));

    public bool Equals(Shape? other) => other is not null && _dims.AsSpan().SequenceEqual(other._dims);

    public override bool Equals(object? obj) => Equals(obj as Shape);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var dim in _dims)
        {
            hash.Add(dim);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<Dim> GetEnumerator() => ((IEnumerable<Dim>)_dims).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"[{string.Join(", ", _dims)}]";
}
