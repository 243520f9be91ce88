using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Models;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Ort.Tests.Engines;

/// <summary>A whole step with every kernel and fusion gives the loss and all gradients that it gives with the function bodies.</summary>
public sealed class KernelsOnAndOffTests
{
    private const int Batch = 3, Length = 13, Vocabulary = 61;

    /// <summary>Of the largest element of a gradient. Both sides round every operation of some 400 in a row to float32.</summary>
    private const double GradientTolerance = 2e-5;

    /// <summary>Some gradients, that of a key's bias among them, are zero but for rounding.</summary>
    private const double Rounding = 3e-8;

    private const double LossTolerance = 2e-6;

    private static IEnumerable<TestCaseData> Cases()
    {
        TestCaseData Case(string name, string config, double smoothing, string kernels) =>
            new TestCaseData(config, smoothing, kernels.Split(' ').Order().ToArray()).SetArgDisplayNames(name);

        const string Gpt = "GatherGrad GatherGradAdd LayerNormalization AddLayerNormalization LayerNormalizationGrad LayerNormalizationGradAdd MaskedSoftmax SoftmaxGrad_13";
        const string Bert = "GatherGrad GatherGradAdd LayerNormalization AddLayerNormalization LayerNormalizationGrad MaskedSoftmax SoftmaxGrad_13 GeluGrad";
        yield return Case("Gpt", GptConfig("gelu_new", 0), 0, $"{Gpt} FastGeluGrad SoftmaxCrossEntropyLossAndGrad");
        yield return Case("Gpt, erf", GptConfig("gelu", 0), 0, $"{Gpt} GeluGrad SoftmaxCrossEntropyLossAndGrad");
        yield return Case("Gpt, smoothing", GptConfig("gelu_new", 0), 0.1, $"{Gpt} FastGeluGrad SmoothedCrossEntropyLossAndGrad");
        yield return Case("Gpt, dropout", GptConfig("gelu_new", 0.2), 0, $"{Gpt} FastGeluGrad SoftmaxCrossEntropyLossAndGrad Dropout DropoutGrad");
        yield return Case("Bert", BertConfig(0), 0, $"{Bert} SoftmaxCrossEntropyLossAndGrad");
        yield return Case("Bert, smoothing", BertConfig(0), 0.1, $"{Bert} SmoothedCrossEntropyLossAndGrad");
        yield return Case("Bert, dropout", BertConfig(0.2), 0, $"{Bert} SoftmaxCrossEntropyLossAndGrad Dropout DropoutGrad");
    }

    [TestCaseSource(nameof(Cases))]
    public void ForwardBackward_KernelsOnAndOff_SameLossAndGradients(string config, double smoothing, string[] kernels)
    {
        var folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"kernels-{Guid.NewGuid():N}");
        try
        {
            using (var target = OutputTarget.Folder(folder, force: true))
            {
                var file = ConfigFile.Parse(Encoding.UTF8.GetBytes(config), "the test's configuration");
                var model = FamilyTable.Build(file, new BuildOptions(file.ModelType == "bert" ? "mlm" : "clm", WithLoss: true, Seed: 5, smoothing));
                ArtifactWriter.Write(model, new ArtifactOptions { Optimizer = null, Loss = "none", LossInput = "loss", Known = new Manifest { Family = file.ModelType } }, target);
                target.Commit();
            }

            var (loss, gradients, ours) = Step(folder, new SessionSettings { Threads = 2, Profile = folder + "-profile" });
            var (wantedLoss, wanted, theirs) = Step(folder, new SessionSettings { Threads = 2, Kernels = false, Profile = folder + "-profile" });

            Assert.That(ours, Is.EqualTo(kernels));
            Assert.That(theirs, Is.Empty);
            Assert.That(loss, Is.EqualTo(wantedLoss).Within(LossTolerance * wantedLoss));
            Assert.That(gradients.Keys, Is.EquivalentTo(wanted.Keys));
            foreach (var (name, values) in wanted)
            {
                Assert.That(values, Has.Some.Not.Zero, name);
                Assert.That(gradients[name], Is.EqualTo(values).Within((GradientTolerance * values.Max(Math.Abs)) + Rounding), name);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>The loss, every gradient, and the operators that C# kernels computed.</returns>
    private static (float Loss, Dictionary<string, float[]> Gradients, string[] Kernels) Step(string folder, SessionSettings settings)
    {
        using var engine = StockEngine.Load(ArtifactFolder.Open(folder), settings);
        var random = new Random(1);
        for (var input = 0; input < engine.Inputs.Count; input++)
        {
            var name = engine.Inputs[input].Name;
            foreach (ref var value in MemoryMarshal.Cast<byte, long>(engine.Input(input, [Batch, Length])))
            {
                value = name switch
                {
                    "attention_mask" => random.Next(5) == 0 ? 0 : 1,
                    "token_type_ids" => random.Next(2),
                    "labels" => random.Next(3) == 0 ? -100 : random.Next(Vocabulary),
                    _ => random.Next(Vocabulary),
                };
            }
        }

        engine.ClearGradients();
        var loss = engine.ForwardBackward(1, seed: 7, step: 3);
        var gradients = Enumerable.Range(0, engine.Parameters.Count).Where(p => engine.Parameters[p].Trainable)
            .ToDictionary(p => engine.Parameters[p].Name, p => MemoryMarshal.Cast<byte, float>(engine.Gradient(p).Span).ToArray());
        return (loss, gradients, [.. engine.EndProfile().Nodes.Where(node => node.Provider == "C#").Select(node => node.Operator).Distinct().Order()]);
    }

    private static string GptConfig(string activation, double dropout) => FormattableString.Invariant($$"""
        {
          "model_type": "gpt2", "vocab_size": {{Vocabulary}}, "n_positions": {{Length + 3}}, "n_embd": 36, "n_layer": 2, "n_head": 2, "initializer_range": 0.2,
          "activation_function": "{{activation}}", "resid_pdrop": {{dropout}}, "embd_pdrop": {{dropout}}, "attn_pdrop": {{dropout}}
        }
        """);

    private static string BertConfig(double dropout) => FormattableString.Invariant($$"""
        {
          "model_type": "bert", "vocab_size": {{Vocabulary}}, "max_position_embeddings": {{Length + 3}}, "hidden_size": 36, "intermediate_size": 75,
          "num_hidden_layers": 2, "num_attention_heads": 2, "initializer_range": 0.2, "hidden_dropout_prob": {{dropout}}, "attention_probs_dropout_prob": {{dropout}}
        }
        """);
}
