using System.Text;
using NUnit.Framework;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ir.Passes.Lowerings;
using OnnxPipeline.Ort.CustomOps;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>docs/operators.md is what the tables of the program say: gradient rules, function bodies, kernels.</summary>
public sealed class OperatorsDocumentTests
{
    [Test]
    public void Document_ComparedWithTheTables_SaysTheSame()
    {
        var text = Text();
        var found = Path.Combine(AppContext.BaseDirectory, "operators.found.md");
        System.IO.File.WriteAllText(found, text);
        Assert.That(System.IO.File.ReadAllText(Path.Combine(Root(), "docs", "operators.md")), Is.EqualTo(text),
            $"The tables say something else than docs/operators.md. Put {Path.GetFileName(found)} of the output folder in its place.");
    }

    private static string Text()
    {
        var emitted = Emitted();
        var text = new StringBuilder("""
            # Operators

            What can be differentiated, and with what. Written by a test from the tables of the program (`tests/Autodiff.Tests/OperatorsDocumentTests.cs`), not by hand.

            ## Gradients

            A rule holds from the version of the domain on that is given, to the newest; graphs are brought to opset 18 before, so an operator's older
            forms count too. State *rule*: the file has the formula, and `tests/Autodiff.Tests` its proof in float64. State *stops*: the operator has no gradient,
            on purpose; what is before it gets none through it. State *composed*: the file writes the operator in others before a graph is differentiated. An operator that is not listed is an error that names the nodes.
            The last column has the operators of the second table that the rule writes; all else is ONNX's own.

            | operator | domain | since | state | rule | gradient operators |
            |---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var row in Rows(emitted).OrderBy(r => r.Domain, StringComparer.Ordinal).ThenBy(r => r.Op, StringComparer.Ordinal).ThenBy(r => r.Since))
        {
            text.Append($"| {row.Op} | {Domain(row.Domain)} | {row.Since} | {row.State} | {row.File} | {row.Operators} |\n");
        }

        text.Append("""

            ## Operators with a body

            Every one but those without a body runs in any ONNX Runtime: the model has its definition as an ONNX function of standard operators. Kernel *C#*: this
            project's, in training on the CPU. Kernel *Microsoft*: that of Microsoft's training runtime 1.19.2, which takes over by name.

            | operator | domain | body | kernel | meaning |
            |---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var fused in FunctionLibrary.Default.Operators.OrderBy(o => o.Domain, StringComparer.Ordinal).ThenBy(o => o.Name, StringComparer.Ordinal))
        {
            string[] kernels = [.. CustomOpTable.Find(fused.Domain, fused.Name) is null ? [] : new[] { "C#" }, .. fused.Domain == "com.microsoft" ? new[] { "Microsoft" } : []];
            text.Append($"| {fused.Name} | {fused.Domain} | {(fused.Body is null ? "none" : File("src/Ir/Functions", fused.Body))} | {string.Join(", ", kernels)} | {fused.Doc.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Op, string Domain, int Since, string State, string File, string Operators)> Rows(ILookup<(string Domain, string Op, int Since), string> emitted)
    {
        string Operators(string domain, string op, int since) => string.Join(", ", emitted[(domain, op, since)].Distinct().Order(StringComparer.Ordinal).Select(name => $"`{name}`"));

        foreach (var entry in GradientTable.Default.Entries)
        {
            yield return (entry.Op, entry.Domain, entry.Since, entry.Rule is null ? "stops" : "rule", entry.Rule is null ? "" : File("src/Autodiff/Rules", entry.Rule), Operators(entry.Domain, entry.Op, entry.Since));
        }

        foreach (var ((domain, op), form) in ComposedOperators.Table.Where(o => !GradientTable.Default.Entries.Any(e => (e.Domain, e.Op) == o.Key)))
        {
            yield return (op, domain, form.Since, "composed", File("src/Ir/Passes/Lowerings", form.Write), Operators(domain, op, form.Since));
        }
    }

    /// <summary>The operators with a body that a rule, or the rules of a composed form, write in any of the cases.</summary>
    private static ILookup<(string Domain, string Op, int Since), string> Emitted()
    {
        List<((string, string, int) Key, string Name)> found = [];
        foreach (var given in CaseTable.All)
        {
            var graph = new Graph();
            var build = new GraphBuilder(graph, given.Opset);
            var inputs = given.Inputs.Select((x, i) => x is null ? null : x.Constant ? build.Constant(x.ToTensor()) : build.Input($"x{i}", x.Element, Shape.Of(x.Value.Dims.Select(d => (long)d)))).ToArray();
            var node = build.Ops(given.Op, inputs, given.Outputs, given.Attributes, given.Domain);
            var parts = given.Used.Select(i => build.ReduceSumAll(node.Outputs[i])).ToArray();
            Decomposition.Apply(graph, given.Opset);
            var before = graph.Nodes.Count;
            Backward.Append(graph, new Dictionary<string, int> { [""] = given.Opset, ["com.microsoft"] = 1, ["ai.onnxpipeline"] = 1 },
                parts.Length == 1 ? parts[0] : build.Sum(parts), inputs.Where((_, i) => given.Inputs[i] is { Trained: true })!);
            found.AddRange(graph.Nodes.Skip(before).Where(n => FunctionLibrary.Default.Find(n.Domain, n.OpType) is not null).Select(n => ((given.Domain, given.Op, Since(given)), n.OpType)).Distinct());
        }

        return found.ToLookup(p => p.Key, p => p.Name);
    }

    /// <summary>The first version of the table's entry for a case.</summary>
    private static int Since(GradientCase given) =>
        GradientTable.Default.Find(given.Domain, given.Op, given.Domain.Length == 0 ? given.Opset : 1)?.Since ?? ComposedOperators.Table[(given.Domain, given.Op)].Since;

    private static string Domain(string domain) => domain.Length == 0 ? "ai.onnx" : domain;

    /// <summary>The file of the function behind a delegate: rules and bodies stand in files of their class's name.</summary>
    private static string File(string folder, Delegate function)
    {
        var type = function.Method.DeclaringType!;
        while (type.DeclaringType is not null)
        {
            type = type.DeclaringType; // the compiler's class of a lambda
        }

        var path = $"{folder}/{type.Name}.cs";
        Assert.That(System.IO.File.Exists(Path.Combine(Root(), path)), $"{path} does not exist");
        return $"`{path}`";
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!System.IO.File.Exists(Path.Combine(folder, "OnnxPipeline.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("This test looks at the repository: run it from a build inside it.");
        }

        return folder;
    }
}
