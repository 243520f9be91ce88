using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OnnxPipeline.Kernels.Lanes;

namespace OnnxPipeline.Kernels;

/// <summary>Softmax of rows, with what attention does to its scores before. A row's bits depend on that row only.</summary>
public static class Softmax
{
    // Float accumulators take a block, a double one the blocks, so that long rows keep their digits in every lane.
    private const int Block = 1024;

    /// <summary>
    /// y = exp(z − max z) / Σ exp(z − max z) over each row of z = x·scale + mask. x, y: [rows, width]; mask: [rows, width], or [width] for all rows,
    /// or one number for all, or empty, that is zero. y may be x. A row that has a NaN or +∞, or −∞ only, is NaN.
    /// </summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Forward(ReadOnlySpan<float> x, int width, float scale, ReadOnlySpan<float> mask, Span<float> y)
    {
        Lengths.Same(x.Length, y.Length, nameof(y));
        Lengths.Same(width == 0 ? 0 : x.Length / width * width, x.Length, nameof(x));
        var one = mask.IsEmpty ? 0f : mask[0];
        var inRows = mask.Length > 1;
        if (inRows && mask.Length != width)
        {
            Lengths.Same(x.Length, mask.Length, nameof(mask));
        }

        for (var row = 0; row < x.Length; row += width)
        {
            var to = y.Slice(row, width);
            var scores = new Scores(x.Slice(row, width), mask.Length > width ? mask.Slice(row, width) : mask, inRows, one, scale, to);
            WidestFirst.Run(ref scores, width);
            var sum = 0.0;
            for (var start = 0; start < width; start += Block)
            {
                var block = to.Slice(start, Math.Min(Block, width - start));
                var exponentials = new Exponentials(block, scores.Max);
                WidestFirst.Run(ref exponentials, block.Length);
                sum += exponentials.Sum;
            }

            Accumulate.Scale(to, (float)(1 / sum));
        }
    }

    /// <summary>dX = (dY − Σ dY·y)·y·scale, the sum over each row: the gradient of x in <see cref="Forward"/>. All: [rows, width]. dX may be dY or y.</summary>
    /// <exception cref="ArgumentException">The spans do not fit together.</exception>
    public static void Backward(ReadOnlySpan<float> dY, ReadOnlySpan<float> y, int width, float scale, Span<float> dX)
    {
        Lengths.Same(y.Length, dY.Length, nameof(dY));
        Lengths.Same(y.Length, dX.Length, nameof(dX));
        Lengths.Same(width == 0 ? 0 : y.Length / width * width, y.Length, nameof(y));
        for (var row = 0; row < y.Length; row += width)
        {
            var g = dY.Slice(row, width);
            var from = y.Slice(row, width);
            var sum = 0.0;
            for (var start = 0; start < width; start += Block)
            {
                var block = Math.Min(Block, width - start);
                var product = new Product(g.Slice(start, block), from.Slice(start, block));
                WidestFirst.Run(ref product, block);
                sum += product.Sum;
            }

            Maps.Run(g, from, dX.Slice(row, width), new Input((float)sum, scale));
        }
    }

    /// <summary>z, and its largest element; a NaN may be lost in it, but comes back in the sum.</summary>
    private ref struct Scores(ReadOnlySpan<float> x, ReadOnlySpan<float> mask, bool inRows, float one, float scale, Span<float> z) : IPass
    {
        private readonly ref float _x = ref MemoryMarshal.GetReference(x);
        private readonly ref float _mask = ref MemoryMarshal.GetReference(mask);
        private readonly ref float _z = ref MemoryMarshal.GetReference(z);

        public float Max { get; private set; } = float.NegativeInfinity;

        [MethodImpl(Loop.OfItsOwn)]
        public nuint Run<TLane, TVector>(nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            if (i + (nuint)TLane.Count > length)
            {
                return i;
            }

            ref var from = ref _x;
            ref var added = ref _mask;
            ref var to = ref _z;
            var (factor, constant, rows) = (TLane.Create(scale), TLane.Create(one), inRows);
            var largest = TLane.Create(Max);
            for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
            {
                // Two roundings, as the body has.
                var score = TLane.Add(TLane.Multiply(TLane.Load(in from, i), factor), rows ? TLane.Load(in added, i) : constant);
                TLane.Store(score, ref to, i);
                largest = TLane.Max(score, largest);
            }

            Max = TLane.MaxOf(largest);
            return i;
        }
    }

    /// <summary>z becomes exp(z − max).</summary>
    private ref struct Exponentials(Span<float> z, float max) : IPass
    {
        private readonly ref float _z = ref MemoryMarshal.GetReference(z);

        public float Sum { get; private set; }

        [MethodImpl(Loop.OfItsOwn)]
        public nuint Run<TLane, TVector>(nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            if (i + (nuint)TLane.Count > length)
            {
                return i;
            }

            ref var to = ref _z;
            var largest = TLane.Create(max);
            var sum = TLane.Create(0f);
            for (; i + (nuint)TLane.Count <= length; i += (nuint)TLane.Count)
            {
                var e = Exponential.Exp<TLane, TVector>(TLane.Subtract(TLane.Load(in to, i), largest));
                TLane.Store(e, ref to, i);
                sum = TLane.Add(sum, e);
            }

            Sum += TLane.Sum(sum);
            return i;
        }
    }

    /// <summary>Σ a·b</summary>
    private ref struct Product(ReadOnlySpan<float> a, ReadOnlySpan<float> b) : IPass
    {
        private readonly ref float _a = ref MemoryMarshal.GetReference(a);
        private readonly ref float _b = ref MemoryMarshal.GetReference(b);

        public float Sum { get; private set; }

        [MethodImpl(Loop.OfItsOwn)]
        public nuint Run<TLane, TVector>(nuint i, nuint length)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged
        {
            var step = (nuint)TLane.Count;
            if (i + step > length)
            {
                return i;
            }

            // Two chains of additions: one would wait for each result.
            ref var a = ref _a;
            ref var b = ref _b;
            var (even, odd) = (TLane.Create(0f), TLane.Create(0f));
            for (; i + (2 * step) <= length; i += 2 * step)
            {
                even = TLane.MultiplyAdd(TLane.Load(in a, i), TLane.Load(in b, i), even);
                odd = TLane.MultiplyAdd(TLane.Load(in a, i + step), TLane.Load(in b, i + step), odd);
            }

            if (i + step <= length)
            {
                even = TLane.MultiplyAdd(TLane.Load(in a, i), TLane.Load(in b, i), even);
                i += step;
            }

            Sum += TLane.Sum(TLane.Add(even, odd));
            return i;
        }
    }

    private readonly struct Input(float sum, float scale) : IMap2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Of<TLane, TVector>(TVector dY, TVector y)
            where TLane : struct, ILane<TVector>
            where TVector : unmanaged =>
            TLane.Multiply(TLane.Multiply(TLane.Subtract(dY, TLane.Create(sum)), y), TLane.Create(scale));
    }
}
