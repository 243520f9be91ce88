using System.Text.Json;

namespace OnnxPipeline.Ort;

/// <summary>Which kernel each node of a session's runs was computed by, from ONNX Runtime's own profile; see <see cref="SessionSettings.Profile"/>.</summary>
/// <param name="Nodes">In the order of the first run.</param>
public sealed record KernelReport(IReadOnlyList<KernelUse> Nodes)
{
    /// <summary>Reads a profile and deletes the file.</summary>
    /// <param name="ours">Name and operator of the nodes that C# kernels were made for.</param>
    internal static KernelReport Take(string path, IReadOnlySet<(string Node, string Operator)> ours)
    {
        using (var file = File.OpenRead(path))
        {
            using var profile = JsonDocument.Parse(file);
            var uses = new OrderedDictionary<string, KernelUse>();
            foreach (var entry in profile.RootElement.EnumerateArray())
            {
                const string Suffix = "_kernel_time";
                if (entry.GetProperty("cat").GetString() != "Node" || entry.GetProperty("name").GetString() is not { } name || !name.EndsWith(Suffix, StringComparison.Ordinal))
                {
                    continue;
                }

                var args = entry.GetProperty("args");
                var op = args.GetProperty("op_name").GetString()!;
                var node = name[..^Suffix.Length];
                var key = args.TryGetProperty("node_index", out var index) ? $"{index} {node}" : node;
                var before = uses.GetValueOrDefault(key) ?? new KernelUse(node, op, ours.Contains((node, op)) ? "C#" : args.GetProperty("provider").GetString()!, 0, 0, 0, 0, 0);
                var written = Bytes(args, "output_size");
                uses[key] = before with
                {
                    Calls = before.Calls + 1,
                    Microseconds = before.Microseconds + entry.GetProperty("dur").GetInt64(),
                    Bytes = before.Bytes + Bytes(args, "activation_size") + Bytes(args, "parameter_size") + written,
                    OutputBytes = Math.Max(before.OutputBytes, written),
                    Products = before.Products + Products(op, args),
                };
            }

            var report = new KernelReport([.. uses.Values]);
            file.Close();
            File.Delete(path);
            return report;
        }
    }

    private static long Bytes(JsonElement args, string key) => args.TryGetProperty(key, out var value) && long.TryParse(value.GetString(), out var bytes) ? bytes : 0;

    /// <summary>
    /// Of A [M, K], B [K, N] and the result [M, N], each perhaps transposed, M·N·K is the root of the product of their sizes; of b such pairs
    /// it is that of one times b.
    /// </summary>
    private static double Products(string op, JsonElement args)
    {
        if (op is not ("MatMul" or "Gemm" or "FusedMatMul" or "FusedGemm" or "TransposeMatMul") || Dims(args, "input_type_shape") is not [var a, var b, ..] || Dims(args, "output_type_shape") is not [var c, ..])
        {
            return 0;
        }

        var pairs = a.Length > 2 && b.Length > 2 ? Size(c[..^2]) : 1;
        return Math.Sqrt(Size(a) * Size(b) * Size(c) / pairs);
    }

    private static double Size(long[] dims) => dims.Aggregate(1.0, (size, dim) => size * dim);

    private static List<long[]> Dims(JsonElement args, string key) => args.TryGetProperty(key, out var tensors)
        ? [.. tensors.EnumerateArray().Select(tensor => tensor.EnumerateObject().First().Value.EnumerateArray().Select(dim => dim.GetInt64()).ToArray())]
        : [];
}
