using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Autodiff.Tests;
using OnnxPipeline.EndToEnd.Tests;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Artifacts.Tests;

/// <summary>
/// Cases of every gradient rule as small float32 models, made into artifacts and trained for one step by Microsoft's runtime (1.19.2 as WebAssembly, in
/// Node): the loss and the updated parameters are those of our engine. So that no rule writes a node for which that runtime has no kernel.
/// </summary>
public sealed class OfficialRuntimeRulesTests
{
    /// <summary>The only rate that the runtime has.</summary>
    private const float Rate = 1e-3f;

    /// <summary>The loss times this, √0.001 of the optimizer and its ε together make an update that is about in proportion to the gradient.</summary>
    private const float LossFactor = 30;

    /// <summary>Of a parameter; an update is at most 1e-3.</summary>
    private const double Tolerance = 2e-6;

    private const int MostCases = 12;

    private static readonly ManifestOptimizer AdamW = ManifestOptimizer.AdamW with { Eps = 1 };

    /// <summary>
    /// Forms that ONNX has and ONNX Runtime, of any version, refuses (dilations under auto_pad with strides, output_padding as large as the stride, remainders of
    /// floats, some axes and ranks), and an axis that is not known.
    /// </summary>
    private static readonly string[] Narrower = ["Conv", "ConvTranspose", "CumProd", "Mod", "Resize", "com.microsoft::FastGelu"];

    /// <summary>What comes out is float64, of which that runtime has no training kernels; what artifacts themselves write for BatchNormalization.</summary>
    private static readonly string[] LeftOut = ["Cast", "BatchNormInternal"];

    /// <summary>Where the sizes are not known, that runtime begins windows in the padding behind the data.</summary>
    private static readonly string[] CountedOtherwise = ["AveragePool", "LpPool", "MaxPool"];

    private static readonly Lazy<ILookup<string, Compared>> Everything = new(Compare);

    internal static IEnumerable<string> Operators => CaseTable.All.Where(IsTrained).Select(Name).Distinct();

    /// <param name="Refusal">Why our program makes no artifacts of it, or does not compute them; null: it does.</param>
    /// <param name="Difference">What the official runtime does otherwise; null: nothing.</param>
    private sealed record Compared(string Op, string Form, string? Refusal, string? Difference);

    private sealed record Official(double?[]? Losses, float?[]? Before, float?[]? After, string? Error);

    [TestCaseSource(nameof(Operators))]
    public void Rule_InTheOfficialRuntime_HasLossAndUpdateOfOurEngine(string op)
    {
        NodeScript.Require();
        var forms = Everything.Value[op].ToArray();

        Assert.That(forms.Where(f => f.Difference is not null).Select(f => $"{f.Form}: {f.Difference}"), Is.Empty);
        Assert.That(forms.Count(f => f.Refusal is null), Is.GreaterThan(0));
        Assert.That(forms.Where(f => f.Refusal is not null && !Narrower.Contains(op)).Select(f => $"{f.Form}: {f.Refusal}"), Is.Empty);
    }

    private static bool IsTrained(GradientCase given) => given.Inputs.Any(x => x is { Trained: true }) && !LeftOut.Contains(given.Op) && !RoundsUpAndCountsPadding(given);

    /// <summary>An average that that runtime divides by another number.</summary>
    private static bool RoundsUpAndCountsPadding(GradientCase given) =>
        given.Attributes.Any(a => a is { Name: "ceil_mode" }) && given.Attributes.Any(a => a is { Name: "count_include_pad" }) && given.Attributes.Any(a => a.Name == "pads" && a.Value is IntsAttribute pads && pads.Values.Any(pad => pad != 0));

    private static string Name(GradientCase given) => given.Domain.Length > 0 ? $"{given.Domain}::{given.Op}" : given.Op;

    /// <summary>Some forms of each operator, all in one process of the runtime: its start takes longer than a hundred steps.</summary>
    private static ILookup<string, Compared> Compare()
    {
        using var folder = new TemporaryFolder();
        var made = CaseTable.All.Where(IsTrained).GroupBy(Name).SelectMany(group => Some(group)).Select((form, i) => Made.Of(form.Given, form.Known, folder[$"{i}"])).ToArray();
        var ours = made.Where(m => m.Refusal is null).ToArray();
        var found = NodeScript.Run<Official[]>("train.mjs", ours.Select(m => new { artifacts = m.Folder, steps = new[] { m.Inputs.ToDictionary(i => i.Name, i => NodeScript.Described(i.Tensor)) } }), folder["jobs.json"]);
        var differences = ours.Zip(found).ToDictionary(pair => pair.First, pair => Difference(pair.First, pair.Second));
        return made.Select(m => new Compared(m.Op, m.Form, m.Refusal, differences.GetValueOrDefault(m))).ToLookup(c => c.Op);
    }

    /// <summary>At most <see cref="MostCases"/> of an operator's cases, with as many kinds of inputs and attributes as there are; the sizes known in turn or not.</summary>
    private static IEnumerable<(GradientCase Given, Knowledge Known)> Some(IEnumerable<GradientCase> cases)
    {
        var some = cases.GroupBy(c => (c.Inputs.Length, string.Join(' ', c.Attributes.Select(a => a.Name))))
            .SelectMany(kind => kind.Index()).OrderBy(c => c.Index).Select(c => c.Item).Take(MostCases);
        foreach (var (i, given) in some.Index())
        {
            var sizes = i % 2 == 0 || given.NeedsSizes || (CountedOtherwise.Contains(given.Op) && given.Attributes.Any(a => a.Name == "ceil_mode"));
            yield return (given, sizes ? Knowledge.Numbers : Knowledge.Names);
        }
    }

    private static string? Difference(Made ours, Official official)
    {
        if (official.Error is not null)
        {
            return official.Error;
        }

        if (!(Math.Abs(official.Losses![0]!.Value - ours.Loss) <= 1e-4 * Math.Max(1, Math.Abs(ours.Loss))))
        {
            return $"the loss is {official.Losses[0]}, ours {ours.Loss}";
        }

        for (var i = 0; i < ours.Parameters.Length; i++)
        {
            if (!(Math.Abs(official.After![i]!.Value - ours.Parameters[i]) <= Tolerance))
            {
                return $"the updates are {string.Join(' ', official.Before!.Zip(official.After!, (a, b) => b - a))}, ours {string.Join(' ', official.Before!.Zip(ours.Parameters, (a, b) => b - a))}";
            }
        }

        return null;
    }

    /// <summary>Artifacts of one case, and what our engine makes of them.</summary>
    private sealed record Made(string Op, string Form, string Folder)
    {
        public IReadOnlyList<NamedTensor> Inputs { get; private init; } = [];

        public float Loss { get; private init; }

        /// <summary>After the update, all of them in the order of the runtime's.</summary>
        public float[] Parameters { get; private init; } = [];

        /// <summary>Why there are no artifacts.</summary>
        public string? Refusal { get; private init; }

        /// <param name="known">Numbers: trained inputs are parameters. Names: they are data of any size plus a parameter of one element.</param>
        public static Made Of(GradientCase given, Knowledge known, string folder)
        {
            var made = new Made(Name(given), $"{given}, {known}", folder);
            List<NamedTensor> inputs = [];
            try
            {
                using (var target = OutputTarget.Folder(folder, force: false))
                {
                    ArtifactWriter.Write(Model(given, known, inputs), new() { Loss = "none", LossInput = "loss", Trainable = ["p*"], Optimizer = AdamW }, target);
                    target.Commit();
                }

                using var engine = StockEngine.Load(ArtifactFolder.Open(folder), 1);
                foreach (var (index, input) in engine.Inputs.Index())
                {
                    var (_, tensor) = inputs.First(i => i.Name == input.Name);
                    tensor.Bytes.Span.CopyTo(engine.Input(index, [.. tensor.Dims]));
                }

                var loss = engine.ForwardBackward(1, 0, 0);
                engine.UseOptimizer(new() { Kind = AdamW.Optimizer, Epsilon = (float)AdamW.Eps!, AdamMode = AdamW.AdamMode!.Value });
                engine.OptimizerStep([Rate], 1);
                return made with
                {
                    Inputs = [.. inputs.Where(i => engine.Inputs.Any(wanted => wanted.Name == i.Name))],
                    Loss = loss,
                    Parameters = [.. engine.Parameters.Index().SelectMany(p => MemoryMarshal.Cast<byte, float>(engine.Parameter(p.Index).Span).ToArray())],
                };
            }
            catch (PipelineException e)
            {
                return made with { Refusal = e.Message };
            }
        }

        private static Model Model(GradientCase given, Knowledge known, List<NamedTensor> data)
        {
            var model = new Model(new Graph("case")) { IrVersion = 10 };
            model.OpsetImports.Add("", given.Opset);
            if (given.Domain.Length > 0)
            {
                model.OpsetImports.Add(given.Domain, 1);
            }

            var build = new GraphBuilder(model.Graph, given.Opset);
            data.Add(new("one", Tensor.Scalar(1f)));
            var one = build.Input("one", ElementType.Float, []); // the runtime's binding for JavaScript fails without data
            var node = build.Ops(given.Op, [.. given.Inputs.Select((x, i) => x is null ? null : Input(x, i))], given.Outputs, given.Attributes, given.Domain);
            // Uneven weights of the elements, so that a gradient in the wrong place is seen: Σ sin(y + 1)
            var parts = given.Used.Select(i => build.ReduceSumAll(build.Sin(build.Add(node.Outputs[i], one)))).ToArray();
            var count = model.Graph.Initializers.Where(p => p.Name.StartsWith('p')).Sum(p => p.Initializer!.Count);
            if (count % 4 > 0)
            {
                // The runtime's binding for JavaScript spoils its memory when it hands out parameters that are not a multiple of four numbers.
                parts = [.. parts, build.ReduceSumAll(build.Initializer("padding", Tensor.From<float>(new float[4 - (count % 4)], 4 - (count % 4))))];
            }

            build.Output(build.Mul(parts.Length == 1 ? parts[0] : build.Sum(parts), build.Constant(LossFactor)), "loss");
            return model;

            Value Input(Given x, int i)
            {
                var tensor = Single(x.ToTensor());
                if (x.Constant)
                {
                    return build.Constant(tensor);
                }

                if (x.Trained && known == Knowledge.Numbers)
                {
                    return build.Initializer($"p{i}", tensor);
                }

                data.Add(new($"x{i}", tensor));
                var fed = build.Input($"x{i}", tensor.Type, known == Knowledge.Numbers ? Shape.Of(tensor.Dims) : Shape.Of([.. tensor.Dims.Select((_, axis) => Dim.Named($"x{i}_{axis}"))]));
                return x.Trained ? build.Add(fed, build.Initializer($"p{i}", Tensor.From<float>([0f], tensor.Rank == 0 ? [] : [1]))) : fed;
            }
        }

        private static Tensor Single(Tensor tensor) => tensor.Type == ElementType.Double ? Tensor.From<float>(Array.ConvertAll(tensor.As<double>().ToArray(), v => (float)v), [.. tensor.Dims]) : tensor;
    }
}
