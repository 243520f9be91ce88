using System.Numerics;
using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// Weights that were one parameter before an exporter wrote them twice: bit-identical ones, be it with more axes of length 1, and transposes of
/// each other (a head tied to an embedding is written as a transposed copy). They become one parameter again, called after the first. Only weights of rank 2 and more whose
/// elements are not all equal count: fresh biases are alike by chance.
/// </summary>
internal static class Ties
{
    /// <summary>Lets the first of equal weights stand for the others; one of another shape is made of it by a Transpose or Reshape node.</summary>
    /// <param name="weights">In parameter order.</param>
    /// <returns>The weights that stand for others → the names of those.</returns>
    public static IReadOnlyDictionary<Value, IReadOnlyList<string>> Merge(Graph graph, int opset, IEnumerable<WeightCandidate> weights)
    {
        var ties = new Dictionary<Value, IReadOnlyList<string>>();
        var groups = weights.Where(w => w.Data.Rank >= 2 && w.Data.Type.Bits() >= 8 && w.Data.Strings is null)
            .GroupBy(w => (w.Data.Type, w.Data.Bytes.Length)).Where(g => g.Skip(1).Any())
            .SelectMany(g => g.Where(w => !Weights.IsUniform(w.Data)).GroupBy(w => Fingerprint(w.Data)));
        foreach (var group in groups)
        {
            var distinct = new List<(WeightCandidate First, List<string> Others)>();
            foreach (var weight in group)
            {
                if (distinct.Find(d => IsSame(d.First.Data, weight.Data)) is { First: not null } same)
                {
                    Replace(graph, opset, weight.Value, same.First.Data.Dims.SequenceEqual(weight.Data.Dims) ? same.First.Value : Copy(weight, build => build.Reshape(same.First.Value, [.. weight.Data.Dims])));
                    same.Others.Add(weight.Name);
                }
                else if (distinct.Find(d => IsTranspose(d.First.Data, weight.Data)) is { First: not null } turned)
                {
                    Replace(graph, opset, weight.Value, Copy(weight, build => build.Transpose(turned.First.Value, 1, 0)));
                    turned.Others.Add(weight.Name);
                }
                else
                {
                    distinct.Add((weight, []));
                }
            }

            foreach (var (first, others) in distinct.Where(d => d.Others.Count > 0))
            {
                ties.Add(first.Value, others);
            }
        }

        return ties;

        Value Copy(WeightCandidate of, Func<GraphBuilder, Value> move)
        {
            var copy = move(new GraphBuilder(graph, opset, before: graph.Nodes.First(), scope: of.Name + "/"));
            copy.Type = of.Value.Type;
            return copy;
        }
    }

    private static void Replace(Graph graph, int opset, Value value, Value replacement)
    {
        if (graph.Outputs.IndexOf(value) is >= 0 and var place)
        {
            graph.Outputs[place] = new GraphBuilder(graph, opset).Identity(replacement);
            graph.Outputs[place].Name = value.Name;
        }

        graph.ReplaceAllUses(value, replacement);
        graph.Initializers.Remove(value);
        if (value.Producer is { } constant)
        {
            graph.Nodes.Remove(constant);
        }
    }

    /// <summary>The same for every order of the elements.</summary>
    private static ulong Fingerprint(Tensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        return tensor.Type.Bits() switch
        {
            8 => Sum<byte>(bytes),
            16 => Sum<ushort>(bytes),
            32 => Sum<uint>(bytes),
            _ => Sum<ulong>(bytes),
        };
    }

    private static ulong Sum<T>(ReadOnlySpan<byte> bytes) where T : unmanaged, INumberBase<T>
    {
        ulong sum = 0;
        foreach (var element in MemoryMarshal.Cast<byte, T>(bytes))
        {
            var mixed = ulong.CreateTruncating(element) * 0x9E3779B97F4A7C15;
            sum += mixed ^ (mixed >> 29);
        }

        return sum;
    }

    /// <summary>Whether the numbers are the same, and the shape but for axes of length 1: exporters fold Unsqueeze into a copy.</summary>
    private static bool IsSame(Tensor a, Tensor b) => a.Dims.Where(d => d != 1).SequenceEqual(b.Dims.Where(d => d != 1)) && a.Bytes.Span.SequenceEqual(b.Bytes.Span);

    private static bool IsTranspose(Tensor a, Tensor b) => a.Rank == 2 && b.Rank == 2 && a.Dims[0] == b.Dims[1] && a.Dims[1] == b.Dims[0] && a.Type.Bits() switch
    {
        8 => IsTranspose<byte>(a, b),
        16 => IsTranspose<ushort>(a, b),
        32 => IsTranspose<uint>(a, b),
        _ => IsTranspose<ulong>(a, b),
    };

    private static bool IsTranspose<T>(Tensor a, Tensor b) where T : unmanaged, IEquatable<T>
    {
        const int block = 32; // a square of it stays in the cache, read along rows and along columns
        var (rows, columns) = ((int)a.Dims[0], (int)a.Dims[1]);
        var x = MemoryMarshal.Cast<byte, T>(a.Bytes.Span);
        var y = MemoryMarshal.Cast<byte, T>(b.Bytes.Span);
        for (var top = 0; top < rows; top += block)
        {
            for (var left = 0; left < columns; left += block)
            {
                for (var i = top; i < Math.Min(top + block, rows); i++)
                {
                    for (var j = left; j < Math.Min(left + block, columns); j++)
                    {
                        if (!x[(i * columns) + j].Equals(y[(j * rows) + i]))
                        {
                            return false;
                        }
                    }
                }
            }
        }

        return true;
    }
}
