using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Functions;

/// <summary>Dropout whose mask is a function of seed, step and position: the same numbers as <c>CounterRandom</c> and <c>Dropout</c> of the Kernels.</summary>
internal static class Dropouts
{
    private const long Prime = int.MaxValue; // P = 2³¹ − 1

    private static readonly long[] A = [1403630843, 630360016, 742938285];
    private static readonly long[] B = [950706376, 1226874159, 62089911];

    // t = F(seed mod P; A, B), k = F((t + step mod P) mod P; B, A), three of each at once; r(i) = F((i + k₀) mod P; k₁, k₂)
    public static IReadOnlyList<Value> Dropout(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, ratio, seed, step) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        var (first, second, prime) = (b.Constant(A), b.Constant(B), Integer(b, Prime));
        var t = Round(b, b.Mod(seed, prime), first, second); // [3]
        var k = Round(b, b.Mod(b.Add(t, b.Mod(step, prime)), prime), second, first); // [3]
        Value Key(long j) => b.Gather(k, Integer(b, j));

        var index = b.Range(Integer(b, 0), b.Size(x), Integer(b, 1)); // [size of x]
        var number = Round(b, b.Mod(b.Add(index, Key(0)), prime), Key(1), Key(2));
        var threshold = b.Cast(b.Mul(b.Cast(ratio, ElementType.Double), b.Constant(Tensor.Scalar((double)Prime))), ElementType.Int64); // the cast truncates
        var mask = b.Reshape(b.GreaterOrEqual(number, threshold), b.Shape(x));
        return [Kept(b, x, mask, ratio), mask];
    }

    public static IReadOnlyList<Value> DropoutGrad(GraphBuilder b, IReadOnlyList<Value> inputs) => [Kept(b, inputs[0], inputs[1], inputs[2])];

    private static Value Kept(GraphBuilder b, Value x, Value mask, Value ratio) =>
        b.Where(mask, b.Div(x, b.Sub(b.NumberLike(x, 1), b.CastLike(ratio, x))), b.NumberLike(x, 0));

    // F(x; a, b): u = (x·x + a) mod P, F = (u·(x + u div 65536) + b) mod P
    private static Value Round(GraphBuilder b, Value x, Value add, Value addLast)
    {
        var prime = Integer(b, Prime);
        var u = b.Mod(b.Add(b.Mul(x, x), add), prime);
        return b.Mod(b.Add(b.Mul(u, b.Add(x, b.Div(u, Integer(b, 65536)))), addLast), prime);
    }

    private static Value Integer(GraphBuilder b, long value) => b.Constant(Tensor.Scalar(value));
}
