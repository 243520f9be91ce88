using System.Text;
using NUnit.Framework;
using OnnxPipeline.Ir;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class RecurrentTests
{
    private const int Steps = 3;
    private const int Batch = 2;
    private const int Inputs = 2;
    private const int Hidden = 2;

    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var (op, gates, outputs) in new[] { ("RNN", 1, 2), ("GRU", 3, 2), ("LSTM", 4, 3) })
        {
            foreach (var direction in new[] { "forward", "reverse", "bidirectional" })
            {
                yield return Layer(op, gates, direction, bias: true, states: true, lengths: null);
                yield return Layer(op, gates, direction, bias: true, states: true, lengths: [2, 3]);
                yield return Layer(op, gates, direction, bias: true, states: true, lengths: [1, 2]);
                yield return Layer(op, gates, direction, bias: false, states: false, lengths: null);
                yield return Layer(op, gates, direction, bias: false, states: false, lengths: [3, 1]);
                yield return Layer(op, gates, direction, bias: true, states: true, lengths: [3, 1], layout: 1);
                yield return Layer(op, gates, direction, bias: true, states: false, lengths: null) with { Used = [0] };
                for (var i = 1; i < outputs; i++)
                {
                    yield return Layer(op, gates, direction, bias: true, states: true, lengths: null) with { Used = [i] };
                }

                yield return Layer(op, gates, direction, bias: true, states: true, lengths: [2, 1]) with { Used = [1] };
            }
        }

        foreach (var direction in new[] { "forward", "reverse", "bidirectional" })
        {
            yield return Layer("GRU", 3, direction, bias: true, states: true, lengths: null).With(("linear_before_reset", 1));
            yield return Layer("GRU", 3, direction, bias: true, states: true, lengths: [2, 3]).With(("linear_before_reset", 1));
            yield return Layer("GRU", 3, direction, bias: false, states: false, lengths: null).With(("linear_before_reset", 1));
            foreach (var function in new[] { "Tanh", "Relu", "Sigmoid" })
            {
                yield return Layer("RNN", 1, direction, bias: true, states: true, lengths: [2, 3]).With(("activations", Functions(direction == "bidirectional" ? [function, "Tanh"] : [function])));
            }
        }
    }

    private static GradientCase Layer(string op, int gates, string direction, bool bias, bool states, long[]? lengths, int layout = 0)
    {
        var directions = direction == "bidirectional" ? 2 : 1;
        var isLstm = op == "LSTM";
        int[] state = layout == 0 ? [directions, Batch, Hidden] : [Batch, directions, Hidden];
        return new GradientCase(
            op,
            layout == 0 ? X(Steps, Batch, Inputs) : X(Batch, Steps, Inputs),
            X(directions, gates * Hidden, Inputs),
            X2(directions, gates * Hidden, Hidden),
            bias ? X(directions, 2 * gates * Hidden) : null,
            lengths is null ? null : Fed(lengths) with { IsInt32 = true },
            states ? X2(state) : null,
            isLstm && states ? X(state) : null)
        {
            Outputs = isLstm ? 3 : 2,
            Used = isLstm ? [0, 1, 2] : [0, 1],
        }.With(("hidden_size", Hidden), ("direction", direction), ("layout", layout));
    }

    private static StringsAttribute Functions(params string[] names) => new([.. names.Select(n => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(n))]);

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    private static IEnumerable<TestCaseData> Refused =>
    [
        new(Layer("LSTM", 4, "forward", true, true, null).With(("clip", 1f)), "clip"),
        new(Layer("LSTM", 4, "forward", true, true, null).With(("input_forget", 1)), "input_forget"),
        new(Layer("GRU", 3, "forward", true, true, null).With(("activations", Functions("HardSigmoid", "Tanh"))), "HardSigmoid"),
        new(Layer("RNN", 1, "bidirectional", true, true, null).With(("activations", Functions("Tanh", "Elu"))), "Elu"),
    ];

    [TestCaseSource(nameof(Refused))]
    public void Rule_FormWithoutGradient_IsRefusedByName(object given, string word) =>
        Assert.That(() => GradientCheck.Run((GradientCase)given, Knowledge.Numbers), Throws.TypeOf<AutodiffException>().With.Message.Contains(word));

    [Test]
    public void Append_OnlyLastStateExported_GivesTheLayerTheStatesOfAllSteps()
    {
        var graph = new Graph();
        var build = new GraphBuilder(graph, 18);
        var inputs = Layer("LSTM", 4, "forward", true, false, null).Inputs.OfType<Given>().Select((x, i) => build.Input($"x{i}", x.Element, Shape.Of(x.Value.Dims.Select(d => (long)d)))).ToArray();
        var layer = new Node("", "LSTM", inputs, [new(""), new("last"), new("")]);
        layer.Attributes.Add("hidden_size", Hidden);
        graph.Nodes.Add(layer);
        ShapeInference.Infer(layer, 18);
        var gradients = Backward.Append(graph, new Dictionary<string, int> { [""] = 18, ["com.microsoft"] = 1 }, build.ReduceSumAll(layer.Outputs[1]), inputs);
        Assert.That(layer.Outputs.Select(y => y.Name), Is.EqualTo(new[] { "last_steps", "last", "" }));
        Assert.That(gradients.Keys, Is.EquivalentTo(inputs));
    }
}
