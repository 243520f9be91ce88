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
                var before = uses.GetValueOrDefault(key);
                uses[key] = new KernelUse(node, op, ours.Contains((node, op)) ? "C#" : args.GetProperty("provider").GetString()!,
                    (before?.Calls ?? 0) + 1, (before?.Microseconds ?? 0) + entry.GetProperty("dur").GetInt64());
            }

            var report = new KernelReport([.. uses.Values]);
            file.Close();
            File.Delete(path);
            return report;
        }
    }
}
