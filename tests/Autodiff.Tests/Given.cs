using OnnxPipeline.Files;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>One input of a case: its numbers, and what the graph knows of it.</summary>
/// <param name="Trained">Whether its gradient is checked.</param>
/// <param name="Constant">Whether it is a Constant node instead of a graph input.</param>
internal sealed record Given(Array64 Value, bool Trained, bool Constant)
{
    public ElementType Element => Value.Data switch { double[] => IsSingle ? ElementType.Float : ElementType.Double, long[] => IsInt32 ? ElementType.Int32 : ElementType.Int64, _ => ElementType.Bool };

    /// <summary>Whether integers are int32, not int64.</summary>
    public bool IsInt32 { get; init; }

    /// <summary>Whether floating-point numbers are float32 even where everything else is float64: scales and the like.</summary>
    public bool IsSingle { get; init; }

    /// <summary>A trained input of distinct numbers in ±(0.2, 1.7) that follow from the shape: no kink of any operator and no tie is near.</summary>
    public static Given X(params int[] dims) => new(Numbers(dims, 0), true, false);

    /// <summary>The same, other numbers.</summary>
    public static Given X2(params int[] dims) => new(Numbers(dims, 1), true, false);

    /// <summary>The same, positive.</summary>
    public static Given Positive(params int[] dims) => new(new(Array.ConvertAll(Numbers(dims, 2).Doubles, Math.Abs), dims), true, false);

    /// <summary>These numbers, trained.</summary>
    public static Given Exactly(double[] values, params int[] dims) => new(new(values, dims), true, false);

    /// <summary>Floating-point numbers that are fed and not trained.</summary>
    public static Given Frozen(params int[] dims) => new(Numbers(dims, 3), false, false);

    public static Given Frozen(double value) => new(Array64.Scalar(value), false, false);

    public static Given Fed(Array64 value) => new(value, false, false);

    public static Given Fed(params long[] values) => new(Array64.Vector(values), false, false);

    public static Given Fixed(params long[] values) => new(Array64.Vector(values), false, true);

    /// <summary>A constant vector of float32.</summary>
    public static Given FixedSingles(params float[] values) => FedSingles(values) with { Constant = true };

    /// <summary>A vector of float32 that is fed.</summary>
    public static Given FedSingles(params float[] values) => new(new(Array.ConvertAll(values, v => (double)v), values.Length), false, false) { IsSingle = true };

    public static Given FixedScalar(long value) => new(Array64.Scalar(value), false, true);

    public static Given FixedScalar(double value) => new(Array64.Scalar(value), false, true);

    public static Given FixedScalar(bool value) => new(Array64.Scalar(value), false, true);

    public Tensor ToTensor()
    {
        var dims = Value.Dims.Select(d => (long)d).ToArray();
        return Value.Data switch
        {
            double[] data when IsSingle => Tensor.From<float>(Array.ConvertAll(data, v => (float)v), dims),
            double[] data => Tensor.From<double>(data, dims),
            long[] data when IsInt32 => Tensor.From<int>(Array.ConvertAll(data, v => (int)v), dims),
            long[] data => Tensor.From<long>(data, dims),
            _ => Tensor.From<bool>(Value.Bools, dims),
        };
    }

    // A shuffled ladder: steps of 1.5/n, so that no two are closer than that.
    private static Array64 Numbers(int[] dims, int seed)
    {
        var count = dims.Aggregate(1, (n, d) => n * d);
        var random = new Random((count * 31) + (dims.Length * 7) + seed);
        var ladder = Enumerable.Range(0, count).Select(i => 0.2 + (1.5 * (i + 0.3 + (0.1 * seed)) / count)).ToArray();
        random.Shuffle(ladder);
        return new(Array.ConvertAll(ladder, v => random.Next(2) == 0 ? v : -v), dims);
    }
}
