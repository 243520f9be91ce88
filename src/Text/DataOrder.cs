namespace OnnxPipeline.Text;

/// <summary>
/// A permutation of 0 … count − 1 that follows from (seed, epoch, count) alone and is computed entry by entry: no table, whatever the count,
/// and no state to save. A Feistel network of six rounds over the smallest even number of bits that holds the count; results beyond the count
/// are sent through again until one is inside (at most four times on average).
/// </summary>
public sealed class DataOrder
{
    private const int Rounds = 6;

    private readonly ulong[] _keys = new ulong[Rounds];
    private readonly int _half;
    private readonly ulong _mask;

    /// <param name="count">At least 1.</param>
    public DataOrder(long seed, long epoch, long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        var bits = 2;
        while (bits < 62 && 1L << bits < count)
        {
            bits += 2;
        }

        _half = bits / 2;
        _mask = (1UL << _half) - 1;
        var key = Draws.Mix((ulong)seed ^ Draws.Mix((ulong)epoch + 0x9E3779B97F4A7C15));
        for (var i = 0; i < Rounds; i++)
        {
            _keys[i] = key = Draws.Mix(key + 0x9E3779B97F4A7C15);
        }
    }

    public long Count { get; }

    /// <summary>Which example stands at <paramref name="position"/>.</summary>
    public long this[long position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, Count);
            var x = (ulong)position;
            do
            {
                x = Permute(x);
            }
            while (x >= (ulong)Count);

            return (long)x;
        }
    }

    private ulong Permute(ulong x)
    {
        var (left, right) = (x >> _half, x & _mask);
        foreach (var key in _keys)
        {
            (left, right) = (right, left ^ (Draws.Mix(right ^ key) & _mask));
        }

        return (left << _half) | right;
    }
}
