namespace OnnxPipeline.Pipelines;

/// <summary>Sequences of one length with their counts, discounted so that something is left for those that were not seen; sorted arrays, no hashing.</summary>
internal sealed class NgramCounts
{
    private readonly long _size;
    private readonly long[] _keys, _contexts;
    private readonly int[] _counts, _starts; // of context i: sequences _starts[i] to _starts[i + 1] − 1
    private readonly long[] _totals;
    private readonly double[] _left; // what discounting took from the context
    private readonly double[] _discounts;

    private NgramCounts(long[] keys, int[] counts, long size)
    {
        (_keys, _counts, _size, _discounts) = (keys, counts, size, Discounts(counts));
        var (contexts, starts, totals, left) = (new List<long>(), new List<int>(), new List<long>(), new List<double>());
        for (var i = 0; i < keys.Length; i++)
        {
            if (contexts.Count == 0 || contexts[^1] != keys[i] / size)
            {
                contexts.Add(keys[i] / size);
                starts.Add(i);
                totals.Add(0);
                left.Add(0);
            }

            totals[^1] += counts[i];
            left[^1] += Discount(counts[i]);
        }

        starts.Add(keys.Length);
        (_contexts, _starts, _totals, _left) = ([.. contexts], [.. starts], [.. totals], [.. left]);
    }

    /// <summary>Counts equal keys; sorts <paramref name="keys"/>.</summary>
    /// <param name="keys">The context's number times <paramref name="size"/>, plus the token.</param>
    /// <param name="size">Of the vocabulary.</param>
    public static NgramCounts Of(Span<long> keys, long size)
    {
        keys.Sort();
        var (distinct, counts) = (new List<long>(), new List<int>());
        foreach (var key in keys)
        {
            if (distinct.Count == 0 || distinct[^1] != key)
            {
                distinct.Add(key);
                counts.Add(0);
            }

            counts[^1]++;
        }

        return new NgramCounts([.. distinct], [.. counts], size);
    }

    /// <summary>Something of each different sequence.</summary>
    public long[] Select(Converter<long, long> of) => Array.ConvertAll(_keys, of);

    /// <summary>The discounted share of the token in its context, and what is left of it by <paramref name="shorter"/>.</summary>
    /// <param name="shorter">The token's probability in the shorter context.</param>
    public double Mixed(long context, long token, double shorter)
    {
        var i = Array.BinarySearch(_contexts, context);
        if (i < 0)
        {
            return shorter;
        }

        var at = Array.BinarySearch(_keys, _starts[i], _starts[i + 1] - _starts[i], (context * _size) + token);
        var own = at < 0 ? 0 : _counts[at] - Discount(_counts[at]);
        return (own + (_left[i] * shorter)) / _totals[i];
    }

    private double Discount(int count) => _discounts[Math.Min(count, 3) - 1];

    /// <summary>
    /// For counts of 1, 2, and 3 or more: <c>k − (k + 1) · Y · n(k+1) / n(k)</c> with <c>Y = n1 / (n1 + 2 n2)</c> and n(k) the number of
    /// sequences that came k times; at least Y, the discount of 1, so that every context has something left. A text too small to have them
    /// all: Y alone, or a half.
    /// </summary>
    private static double[] Discounts(int[] counts)
    {
        var n = new double[5];
        foreach (var count in counts.Where(count => count < n.Length))
        {
            n[count]++;
        }

        var y = n[1] > 0 && n[2] > 0 ? n[1] / (n[1] + (2 * n[2])) : 0.5;
        return [.. Enumerable.Range(1, 3).Select(k => n[k] > 0 && n[k + 1] > 0 ? Math.Clamp(k - ((k + 1) * y * n[k + 1] / n[k]), y, k) : y)];
    }
}
