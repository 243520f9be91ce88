using System.Numerics;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models;

/// <summary>
/// Initial parameters. Each number depends on the seed, the parameter's name and its place only, so that a layer more or another order
/// leaves the other parameters as they are; on every machine it is the same.
/// </summary>
internal static class Initialization
{
    /// <summary>Numbers that a thread draws at a time; which thread makes no difference, for each depends on its place alone.</summary>
    private const int Piece = 1 << 16;

    /// <summary>Normal numbers of mean 0.</summary>
    public static Tensor Normal(long seed, string name, double deviation, params ReadOnlySpan<long> dims) => Normal(seed, name, deviation, tail: 0, dims);

    /// <summary>Normal numbers of mean 0, without those further away than twice the deviation (which is that of the whole distribution).</summary>
    public static Tensor TruncatedNormal(long seed, string name, double deviation, params ReadOnlySpan<long> dims) => Normal(seed, name, deviation, tail: 0.022750131948179207, dims);

    /// <param name="tail">The share of the distribution that is left out at either end.</param>
    private static Tensor Normal(long seed, string name, double deviation, double tail, ReadOnlySpan<long> dims)
    {
        var key = Mix((ulong)seed ^ Hash(name));
        var values = new float[Count(dims)];
        Parallel.For(0, (values.Length + Piece - 1) / Piece, piece =>
        {
            for (var i = piece * Piece; i < Math.Min((piece + 1L) * Piece, values.Length); i++)
            {
                values[i] = (float)(deviation * NormalDistribution.Quantile(tail + ((1 - (2 * tail)) * Uniform(key, i))));
            }
        });
        return Tensor.From<float>(values, dims);
    }

    /// <summary>The same number everywhere.</summary>
    public static Tensor Constant(float value, params ReadOnlySpan<long> dims)
    {
        var values = new float[Count(dims)];
        Array.Fill(values, value);
        return Tensor.From<float>(values, dims);
    }

    private static int Count(ReadOnlySpan<long> dims)
    {
        long count = 1;
        foreach (var dim in dims)
        {
            count = checked(count * dim);
        }

        return count <= Array.MaxLength ? (int)count : throw new ModelsException($"A parameter of shape {Tensor.Describe(dims)} has {count} elements; there can be {Array.MaxLength}.");
    }

    /// <summary>In (0, 1), 52 bits, the same from either end.</summary>
    private static double Uniform(ulong key, long index) => ((Mix(key + ((ulong)index * 0x9E3779B97F4A7C15)) >> 12) + 0.5) * (1.0 / (1L << 52));

    // SplitMix64's finalizer
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    // FNV-1a
    private static ulong Hash(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var c in name)
        {
            hash = (hash ^ c) * 0x100000001B3;
        }

        return BitOperations.RotateLeft(hash, 17);
    }
}
