using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests.Gpt2;

public sealed class Gpt2BuilderTests
{
    // Matrices of deviation 0.3 instead of 0.02, so that every part of the computation shows in the logits.
    private const string Base = """
        "model_type": "gpt2", "vocab_size": 11, "n_positions": 8, "n_embd": 8, "n_layer": 2, "n_head": 2, "initializer_range": 0.3
        """;

    private static readonly long[] Ids = [3, 1, 10, 4, 4];

    private static readonly Dictionary<string, Func<double, double>> Functions = new()
    {
        ["gelu"] = x => x * Phi(x),
        ["gelu_python"] = x => x * Phi(x),
        ["gelu_new"] = TanhGelu,
        ["gelu_fast"] = TanhGelu,
        ["gelu_accurate"] = TanhGelu,
        ["gelu_pytorch_tanh"] = TanhGelu,
        ["gelu_python_tanh"] = TanhGelu,
        ["quick_gelu"] = x => x / (1 + Math.Exp(-1.702 * x)),
        ["relu"] = x => x > 0 ? x : 0,
        ["relu2"] = x => x > 0 ? x * x : 0,
        ["silu"] = x => x / (1 + Math.Exp(-x)),
        ["swish"] = x => x / (1 + Math.Exp(-x)),
        ["tanh"] = Math.Tanh,
        ["sigmoid"] = x => 1 / (1 + Math.Exp(-x)),
        ["mish"] = x => x * Math.Tanh(Math.Log(1 + Math.Exp(x))),
        ["leaky_relu"] = x => x > 0 ? x : 0.01 * x,
        ["linear"] = x => x,
    };

    private static IEnumerable<string> Activations => Functions.Keys;

    [Test]
    public void Build_Parameters_HaveTheNamesAndShapesOfCheckpoints()
    {
        using var built = new Built($$"""{ {{Base}}, "n_layer": 1, "n_inner": 20 }""".Replace("\"n_layer\": 2, ", "", StringComparison.Ordinal));
        Assert.That(built.Parameters.Select(p => $"{p.Key} {Tensor.Describe([.. p.Value.Dims])}").Order(StringComparer.Ordinal), Is.EqualTo(new[]
        {
            "transformer.h.0.attn.c_attn.bias [24]", "transformer.h.0.attn.c_attn.weight [8, 24]",
            "transformer.h.0.attn.c_proj.bias [8]", "transformer.h.0.attn.c_proj.weight [8, 8]",
            "transformer.h.0.ln_1.bias [8]", "transformer.h.0.ln_1.weight [8]",
            "transformer.h.0.ln_2.bias [8]", "transformer.h.0.ln_2.weight [8]",
            "transformer.h.0.mlp.c_fc.bias [20]", "transformer.h.0.mlp.c_fc.weight [8, 20]",
            "transformer.h.0.mlp.c_proj.bias [8]", "transformer.h.0.mlp.c_proj.weight [20, 8]",
            "transformer.ln_f.bias [8]", "transformer.ln_f.weight [8]",
            "transformer.wpe.weight [8, 8]", "transformer.wte.weight [11, 8]",
        }));
    }

    [Test]
    public void Build_Graph_HoldsStandardOperatorsThatMicrosoftsLastTrainingRuntimeLoads()
    {
        using var built = new Built($$"""{ {{Base}} }""");
        Assert.That(built.Model.Graph.AllNodes().Select(n => n.Domain), Is.All.Empty);
        Assert.That(built.Model.Opset, Is.InRange(18, 21));
        Assert.That(built.Model.IrVersion, Is.LessThanOrEqualTo(10));
        Assert.That(built.Model.Graph.Inputs.Select(v => $"{v.Name} {v.Type}"), Is.EqualTo(new[] { "input_ids Int64[batch, sequence]", "attention_mask Int64[batch, sequence]" }));
        Assert.That(built.Model.Graph.Outputs.Select(v => $"{v.Name} {v.Type}"), Is.EqualTo(new[] { "logits Float[batch, sequence, 11]" }));
    }

    [TestCaseSource(nameof(Activations))]
    public void Build_Activation_ComputesItsFormula(string name)
    {
        using var built = new Built($$"""{ {{Base}}, "activation_function": "{{name}}" }""");
        Compare(built, new Gpt2Reference(built.Parameters, 2, 2, Functions[name]));
    }

    [Test]
    public void Build_ScoresWithoutScale_AreNotScaled()
    {
        using var built = new Built($$"""{ {{Base}}, "scale_attn_weights": false }""");
        Compare(built, new Gpt2Reference(built.Parameters, 2, 2, TanhGelu) { ScaleScores = false });
    }

    [Test]
    public void Build_ScoresScaledByLayer_AreDividedByTheLayersNumber()
    {
        using var built = new Built($$"""{ {{Base}}, "scale_attn_by_inverse_layer_idx": true, "reorder_and_upcast_attn": true }""");
        Compare(built, new Gpt2Reference(built.Parameters, 2, 2, TanhGelu) { ScaleByLayer = true });
    }

    [Test]
    public void Build_Untied_HasAHeadOfItsOwn()
    {
        using var built = new Built($$"""{ {{Base}}, "tie_word_embeddings": false, "n_inner": 5, "layer_norm_epsilon": 0.1 }""");
        Assert.That(built.Parameters["lm_head.weight"].Dims, Is.EqualTo(new[] { 11, 8 }));
        Compare(built, new Gpt2Reference(built.Parameters, 2, 2, TanhGelu) { Epsilon = 0.1 });
    }

    [Test]
    public void Build_Batch_EqualsItsRowsAlone()
    {
        using var built = new Built($$"""{ {{Base}} }""");
        long[][] rows = [[1, 2, 3, 4], [9, 8, 7, 6], [5, 5, 5, 5]];
        var batch = built.Run("logits", Built.Rows(rows)).As<float>().ToArray();
        var alone = rows.SelectMany(row => built.Run("logits", Built.Rows(row)).As<float>().ToArray()).ToArray();
        Assert.That(batch, Is.EqualTo(alone).Within(1e-5));
    }

    [Test]
    public void Build_PaddingOnTheRight_ChangesNothingBeforeIt()
    {
        using var built = new Built($$"""{ {{Base}} }""");
        var padded = built.Run("logits", Built.Rows([1, 2, 3, 0, 7]), Built.Rows([1, 1, 1, 0, 0])).As<float>().ToArray();
        var plain = built.Run("logits", Built.Rows([1, 2, 3])).As<float>().ToArray();
        Assert.That(padded[..plain.Length], Is.EqualTo(plain).Within(1e-5));
    }

    [Test]
    public void Build_MaskedPosition_IsSeenByNobodyAfterIt()
    {
        using var built = new Built($$"""{ {{Base}} }""");
        var mask = Built.Rows([1, 0, 1, 1]);
        var one = built.Run("logits", Built.Rows([1, 2, 3, 4]), mask).As<float>().ToArray();
        var other = built.Run("logits", Built.Rows([1, 9, 3, 4]), mask).As<float>().ToArray();
        Assert.That(other[22..], Is.EqualTo(one[22..]).Within(1e-6), "positions 2 and 3");
        Assert.That(other[11..22], Is.Not.EqualTo(one[11..22]).Within(1e-3), "the position itself");
        Assert.That(built.Run("logits", Built.Rows([1, 9, 3, 4])).As<float>().ToArray()[22..], Is.Not.EqualTo(one[22..]).Within(1e-3), "without the mask it is seen");
    }

    [Test]
    public void Build_MaskOfNothing_StaysFinite()
    {
        using var built = new Built($$"""{ {{Base}} }""");
        Assert.That(built.Run("logits", Built.Rows([1, 2]), Built.Rows([0, 0])).As<float>().ToArray().Select(float.IsFinite), Is.All.True);
    }

    [Test]
    public void Build_Dropout_StandsWithItsRatiosAndDoesNothingUntilTrained()
    {
        using var built = new Built($$"""{ {{Base}}, "resid_pdrop": 0.25, "embd_pdrop": 0.5, "attn_pdrop": 0 }""");
        var ratios = built.Model.Graph.Nodes.Where(n => n.OpType == "Dropout").Select(n => n.Input(1)!.ConstantData!.As<float>()[0]);
        Assert.That(ratios, Is.EqualTo(new[] { 0.5f, 0.25f, 0.25f, 0.25f, 0.25f }));
        Compare(built, new Gpt2Reference(built.Parameters, 2, 2, TanhGelu));
    }

    private static void Compare(Built built, Gpt2Reference reference)
    {
        var logits = built.Run("logits", Built.Rows(Ids)).As<float>().ToArray();
        Assert.That(logits, Is.EqualTo(reference.Logits(Ids).SelectMany(row => row)).Within(2e-5));
    }

    private static double TanhGelu(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    // Φ by Simpson's rule from 0
    private static double Phi(double x)
    {
        const int Steps = 2000;
        var h = x / Steps;
        var sum = 1 + Math.Exp(-x * x / 2);
        for (var i = 1; i < Steps; i++)
        {
            sum += (i % 2 == 1 ? 4 : 2) * Math.Exp(-(i * h) * (i * h) / 2);
        }

        return 0.5 + (sum * h / 3 / Math.Sqrt(2 * Math.PI));
    }
}
