namespace OnnxPipeline.Text;

/// <summary>
/// Random numbers of one item as a function of (seed, epoch, item, index) alone, so that any order, any thread and any resumed run draws the
/// same: entry number index of the SplitMix64 sequence whose state follows from the other three.
/// </summary>
internal readonly struct Draws(long seed, long epoch, long item)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _state = Mix((ulong)item + Mix((ulong)epoch + Mix((ulong)seed + Golden)));

    /// <summary>Uniform over all values.</summary>
    public ulong this[long index] => Mix(_state + (((ulong)index + 1) * Golden));

    /// <summary>Uniform in [0, 1).</summary>
    public double Share(long index) => (this[index] >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in 0 … count − 1.</summary>
    public long Below(long index, long count) => (long)Math.BigMul(this[index], (ulong)count, out _);

    /// <summary>The finalizer of SplitMix64 (Steele, Lea, Flood 2014).</summary>
    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
