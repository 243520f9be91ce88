using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Functions;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;
using OnnxPipeline.Reference;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>
/// The gradient graph of every case once more in float32 and in ONNX Runtime, gradient operators as their bodies: the runtime takes every node
/// that a rule writes, and computes what the float64 interpreter does.
/// </summary>
public sealed class RuntimeTests
{
    /// <summary>Above opset 26 this runtime has nothing.</summary>
    private const int NewestOpset = 26;

    /// <summary>Of these the runtime refuses forms that ONNX has: floats without fmod, a scalar, ellipses of several ranks, dilations under auto_pad, large output_padding, ranks and axes.</summary>
    private static readonly string[] Narrower = ["Mod", "com.microsoft::FastGelu", "Einsum", "Conv", "ConvTranspose", "Resize"];

    /// <summary>Of these the runtime counts the last window of ceil_mode otherwise in its shapes than the specification does.</summary>
    private static readonly string[] CountedOtherwise = ["AveragePool", "LpPool", "MaxPool"];

    internal static IEnumerable<string> Operators => CaseTable.All.Where(c => c.Opset <= NewestOpset).Select(Name).Distinct();

    [TestCaseSource(nameof(Operators))]
    public void Rule_EveryCaseInTheRuntime_EqualsTheInterpreter(string op)
    {
        List<string> wrong = [];
        foreach (var given in CaseTable.All.Where(c => Name(c) == op && c.Opset <= NewestOpset && c.Inputs.Any(x => x is { Trained: true }) && !c.Attributes.Any(a => a.Name == "to" || (a.Name == "ceil_mode" && CountedOtherwise.Contains(op)))))
        {
            foreach (var knowledge in given.NeedsSizes ? new[] { Knowledge.Numbers } : [Knowledge.Numbers, Knowledge.Names])
            {
                if (Difference(given, knowledge, backward: true) is not { } difference)
                {
                    continue;
                }

                if (Narrower.Contains(op) && Difference(given, knowledge, backward: false) is { Refused: true } refusal)
                {
                    TestContext.Out.WriteLine($"left out: {given}, {knowledge}: {refusal.What}");
                }
                else
                {
                    wrong.Add($"{given}, {knowledge}: {difference.What}");
                }
            }
        }

        Assert.That(wrong, Is.Empty, $"{wrong.Count} cases");
    }

    private static string Name(GradientCase given) => given.Domain.Length > 0 ? $"{given.Domain}::{given.Op}" : given.Op;

    /// <summary>What differs of the gradients, or of the loss; null: nothing.</summary>
    private static (string What, bool Refused)? Difference(GradientCase given, Knowledge knowledge, bool backward)
    {
        var model = new Model(new Graph("gradient")) { IrVersion = 10 };
        model.OpsetImports.Add("", given.Opset);
        foreach (var domain in new[] { "com.microsoft", "ai.onnxpipeline" })
        {
            model.OpsetImports.Add(domain, 1);
        }

        var build = new GraphBuilder(model.Graph, given.Opset);
        Dictionary<string, Array64> feeds = [];
        var inputs = given.Inputs.Select((x, i) => x is null ? null : x.Constant ? build.Constant(Single(x.ToTensor())) : Input(build, x, $"x{i}", knowledge, feeds)).ToArray();
        var node = build.Ops(given.Op, inputs, given.Outputs, given.Attributes, given.Domain);
        // Uneven weights of the elements, so that a gradient in the wrong place is seen: Σ sin(y + 1)
        var parts = given.Used.Select(i => build.ReduceSumAll(build.Sin(build.Add(node.Outputs[i], build.Constant(1f))))).ToArray();
        var loss = parts.Length == 1 ? parts[0] : build.Sum(parts);
        Decomposition.Apply(model.Graph, given.Opset);
        foreach (var output in backward ? Backward.Append(model.Graph, model.OpsetImports, loss, inputs.Where((_, i) => given.Inputs[i] is { Trained: true })!).Values : [loss])
        {
            build.Output(output);
        }

        var wanted = Interpreter.Run(model.Graph, feeds, given.Opset);
        FunctionLibrary.Default.AddBodies(model);
        try
        {
            using var session = Session.Open(ModelFile.ToBytes(model), given.ToString(), new() { Threads = 1 });
            foreach (var (name, tensor) in session.Run([.. feeds.Select(f => new NamedTensor(f.Key, Single(f.Value, inputs.First(x => x?.Name == f.Key)!.Element)))]))
            {
                var (found, right) = (tensor.As<float>().ToArray(), wanted[name]);
                var error = found.Zip(right.Doubles, (a, b) => Math.Abs(a - b) / Math.Max(1, Math.Abs(b))).DefaultIfEmpty().Max();
                if (!tensor.Dims.Select(d => (int)d).SequenceEqual(right.Dims) || !(error < 2e-4))
                {
                    return ($"{name} is {string.Join(" ", found)}, by the interpreter {right}", false);
                }
            }
        }
        catch (OrtException e)
        {
            return (e.Message, true);
        }

        return null;
    }

    private static Value Input(GraphBuilder build, Given given, string name, Knowledge knowledge, Dictionary<string, Array64> feeds)
    {
        // What float32 makes of the numbers, so that both start from the same.
        feeds.Add(name, given.Value.Data is double[] data ? new(Array.ConvertAll(data, v => (double)(float)v), given.Value.Dims) : given.Value);
        return build.Input(name, given.Element == ElementType.Double ? ElementType.Float : given.Element, knowledge == Knowledge.Numbers
            ? Shape.Of(given.Value.Dims.Select(d => (long)d))
            : Shape.Of([.. given.Value.Dims.Select((_, i) => Dim.Named($"{name}_{i}"))]));
    }

    private static Tensor Single(Tensor tensor) => tensor.Type == ElementType.Double ? Tensor.From<float>(Array.ConvertAll(tensor.As<double>().ToArray(), v => (float)v), [.. tensor.Dims]) : tensor;

    private static Tensor Single(Array64 value, ElementType type) => Single((new Given(value, false, false) with { IsInt32 = type == ElementType.Int32 }).ToTensor());
}
