namespace OnnxPipeline.Kernels.Lanes;

/// <summary>64-bit unsigned integers, as many as <see cref="Count"/>, for arithmetic modulo 2³¹-1.</summary>
internal interface IWordLane<TWords>
    where TWords : unmanaged
{
    static abstract int Count { get; }

    static abstract TWords Create(ulong value);

    /// <summary>0, 1, 2, …</summary>
    static abstract TWords Indices { get; }

    static abstract TWords Add(TWords a, TWords b);

    static abstract TWords And(TWords a, TWords b);

    static abstract TWords ShiftRight(TWords a, int bits);

    /// <summary>a·b of factors below 2³².</summary>
    static abstract TWords MultiplyShort(TWords a, TWords b);

    /// <summary>a - p where a ≥ p, else a, for a and p below 2³².</summary>
    static abstract TWords SubtractIfAtLeast(TWords a, TWords p);

    /// <summary>Writes the low 32 bits of each.</summary>
    static abstract void Store(TWords a, ref uint start, nuint index);
}
