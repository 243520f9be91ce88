namespace OnnxPipeline.Kernels.Lanes;

/// <summary>
/// What a kernel body needs of a vector of <see cref="Count"/> floats. A body is written once, generic over a lane; the JIT makes
/// one copy for each width, and the copy for <see cref="Lane1"/> is the scalar twin that also does the tail. All methods are inlined.
/// </summary>
/// <remarks>
/// <see cref="MultiplyAdd"/> is fused wherever the processor can, in all lanes alike: an elementwise kernel therefore gives an
/// element the same bits in a vector and in the tail, so results do not depend on where a caller cuts its ranges.
/// </remarks>
internal interface ILane<TVector>
    where TVector : unmanaged
{
    static abstract int Count { get; }

    static abstract TVector Load(ref readonly float start, nuint index);

    static abstract void Store(TVector value, ref float start, nuint index);

    static abstract TVector Create(float value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a·b + c</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Sqrt(TVector a);

    /// <summary>The larger one; NaN where b is NaN, open where a is.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The smaller one; NaN where b is NaN, open where a is.</summary>
    static abstract TVector Min(TVector a, TVector b);

    static abstract TVector Abs(TVector a);

    /// <summary>|a| with the sign of b.</summary>
    static abstract TVector CopySign(TVector a, TVector b);

    /// <summary>a where mask is all ones, b where it is all zeros.</summary>
    static abstract TVector Select(TVector mask, TVector a, TVector b);

    /// <summary>All ones where a &lt; b, zeros elsewhere and for NaN.</summary>
    static abstract TVector Less(TVector a, TVector b);

    /// <summary>a·2ⁿ for whole n in [-152, 129], rounded once where the result is subnormal.</summary>
    static abstract TVector ScaleByPowerOfTwo(TVector a, TVector n);

    static abstract float Sum(TVector a);

    static abstract float MaxOf(TVector a);

    /// <summary>Σ x² over <paramref name="vectors"/> vectors, in double.</summary>
    static abstract double SumOfSquares(ref readonly float start, nuint vectors);

    /// <summary>All ones where the word is at least the threshold; both are below 2³¹.</summary>
    static abstract TVector AtLeast(ref readonly uint start, nuint index, uint threshold);

    /// <summary>All ones where the flag is set.</summary>
    static abstract TVector LoadFlags(ref readonly bool start, nuint index);

    static abstract void StoreFlags(TVector mask, ref bool start, nuint index);
}
