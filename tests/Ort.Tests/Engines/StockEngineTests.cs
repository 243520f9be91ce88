using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Ort.Tests.Engines;

public sealed class StockEngineTests
{
    private static readonly OptimizerSettings AdamW = new()
    {
        Kind = "adamw",
        WeightDecay = new Dictionary<string, float> { ["w1"] = 0.1f, ["w2"] = 0.1f },
        LearningRate = new Dictionary<string, int> { ["bias"] = 1 },
    };

    [Test]
    public void Load_TrainingGraph_ListsInputsParametersAndFurtherOutputs()
    {
        using var engine = Open();
        Assert.That(engine.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "x", "labels" }));
        Assert.That(engine.Parameters.Select(parameter => parameter.Name), Is.EqualTo(SmallClassifier.Names));
        Assert.That(engine.Parameters.Where(parameter => !parameter.Trainable).Select(parameter => parameter.Name), Is.EqualTo(new[] { "shift" }));
        Assert.That(engine.FurtherOutputs.Select(output => output.Name), Is.EqualTo(new[] { "logits" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void ForwardBackward_EveryParameter_GivesTheDerivativeOfTheLoss(bool kernels)
    {
        using var engine = Open(kernels: kernels);
        Fill(engine, 7);
        engine.ForwardBackward(1, 0, 0);
        for (var p = 0; p < engine.Parameters.Count; p++)
        {
            if (!engine.Parameters[p].Trainable)
            {
                continue;
            }

            var gradient = MemoryMarshal.Cast<byte, float>(engine.Gradient(p).Span).ToArray();
            for (var i = 0; i < gradient.Length; i += 3)
            {
                const float Step = 1e-2f;
                var numbers = Numbers(engine, p).ToArray();
                numbers[i] += Step;
                engine.SetParameter(p, MemoryMarshal.AsBytes(numbers.AsSpan()));
                var above = engine.Evaluate();
                numbers[i] -= 2 * Step;
                engine.SetParameter(p, MemoryMarshal.AsBytes(numbers.AsSpan()));
                var below = engine.Evaluate();
                numbers[i] += Step;
                engine.SetParameter(p, MemoryMarshal.AsBytes(numbers.AsSpan()));
                Assert.That(gradient[i], Is.EqualTo((above - below) / (2 * Step)).Within(2e-3), $"{engine.Parameters[p].Name}[{i}]");
            }
        }
    }

    [Test]
    public void ForwardBackward_NoDropout_HasTheLossAndOutputsOfTheEvaluationGraph()
    {
        using var engine = Open();
        Fill(engine, 7);
        var loss = engine.ForwardBackward(1, 0, 0);
        var logits = engine.FurtherOutput(0);
        Assert.That(engine.Evaluate(), Is.EqualTo(loss));
        Assert.That(engine.FurtherOutput(0).As<float>().ToArray(), Is.EqualTo(logits.As<float>().ToArray()));
        Assert.That(logits.Dims, Is.EqualTo(new[] { 7L, SmallClassifier.Classes }));
    }

    [TestCase(0.5f)]
    [TestCase(0f)]
    public void Kernels_ComparedWithBodies_GiveTheSameGradients(float dropout)
    {
        using var kernels = Open(dropout);
        using var bodies = Open(dropout, kernels: false);
        foreach (var batch in new[] { 1, 7, 200 })
        {
            Fill(kernels, batch);
            Fill(bodies, batch);
            Assert.That(kernels.ForwardBackward(1, 11, 3), Is.EqualTo(bodies.ForwardBackward(1, 11, 3)).Within(1e-5));
            for (var p = 0; p < kernels.Parameters.Count; p++)
            {
                if (kernels.Parameters[p].Trainable)
                {
                    Assert.That(MemoryMarshal.Cast<byte, float>(kernels.Gradient(p).Span).ToArray(), Is.EqualTo(MemoryMarshal.Cast<byte, float>(bodies.Gradient(p).Span).ToArray()).Within(1e-5));
                }
            }

            kernels.ClearGradients();
            bodies.ClearGradients();
        }
    }

    [Test]
    public void EndProfile_StepWithKernels_ListsThemAsRunByCSharp()
    {
        var ours = Report(kernels: true).Nodes.Where(use => use.Provider == "C#").Select(use => use.Operator);
        Assert.That(ours, Is.EquivalentTo(new[] { "Dropout", "LayerNormalization", "SoftmaxCrossEntropyLossAndGrad", "LayerNormalizationGrad", "DropoutGrad" }));
    }

    [Test]
    public void EndProfile_StepWithoutKernels_ListsOnnxRuntimeOnly() => Assert.That(Report(kernels: false).Nodes.Select(use => use.Provider).Distinct(), Is.EqualTo(new[] { "CPUExecutionProvider" }));

    [Test]
    public void ForwardBackward_SameSeedAndStep_HasTheSameMasks()
    {
        using var engine = Open(0.5f);
        Fill(engine, 7);
        var first = engine.ForwardBackward(1, 5, 1);
        Assert.That(engine.ForwardBackward(1, 5, 1), Is.EqualTo(first));
        Assert.That(engine.ForwardBackward(1, 6, 1), Is.Not.EqualTo(first));
        Assert.That(engine.ForwardBackward(1, 5, 2), Is.Not.EqualTo(first));
    }

    [Test]
    public void ForwardBackward_Weights_AddUp()
    {
        using var engine = Open();
        Fill(engine, 7);
        engine.ForwardBackward(1, 0, 0);
        var once = MemoryMarshal.Cast<byte, float>(engine.Gradient(0).Span).ToArray();
        engine.ClearGradients();
        Assert.That(engine.GradientNorm(), Is.Zero);
        engine.ForwardBackward(0.25f, 0, 0);
        engine.ForwardBackward(0.5f, 0, 0);
        engine.ForwardBackward(0.25f, 0, 0);
        Assert.That(MemoryMarshal.Cast<byte, float>(engine.Gradient(0).Span).ToArray(), Is.EqualTo(once).Within(1e-6));
    }

    [Test]
    public void GradientNorm_OfAllParameters_IsThatOfTheirElements()
    {
        using var engine = Open();
        Fill(engine, 7);
        engine.ForwardBackward(1, 0, 0);
        var squares = Enumerable.Range(0, engine.Parameters.Count).Where(p => engine.Parameters[p].Trainable)
            .Sum(p => MemoryMarshal.Cast<byte, float>(engine.Gradient(p).Span).ToArray().Sum(x => (double)x * x));
        Assert.That(engine.GradientNorm(), Is.EqualTo(Math.Sqrt(squares)).Within(1e-9));
    }

    [Test]
    public void OptimizerStep_AdamW_HonoursDecayAndRateOfEachParameter()
    {
        using var engine = Open();
        engine.UseOptimizer(AdamW);
        Assert.That(engine.Moments, Is.EqualTo(2));
        Fill(engine, 7);
        engine.ForwardBackward(1, 0, 0);
        var before = Enumerable.Range(0, 5).Select(p => Numbers(engine, p).ToArray()).ToArray();
        var gradients = Enumerable.Range(0, 5).Select(p => engine.Parameters[p].Trainable ? MemoryMarshal.Cast<byte, float>(engine.Gradient(p).Span).ToArray() : []).ToArray();
        engine.OptimizerStep([0.1f, 0.05f], 0.5f);
        Assert.That(engine.Step, Is.EqualTo(1));
        for (var p = 0; p < 5; p++)
        {
            var name = engine.Parameters[p].Name;
            var (rate, decay) = (name == "bias" ? 0.05f : 0.1f, name is "w1" or "w2" ? 0.1f : 0);
            for (var i = 0; i < before[p].Length; i++)
            {
                var g = engine.Parameters[p].Trainable ? gradients[p][i] * 0.5 : 0;
                var wanted = engine.Parameters[p].Trainable ? before[p][i] * (1 - rate * decay) - rate * g / (Math.Abs(g) + 1e-8) : before[p][i];
                Assert.That(Numbers(engine, p)[i], Is.EqualTo(wanted).Within(2e-5), $"{name}[{i}]");
            }
        }

        Assert.That(MemoryMarshal.Cast<byte, float>(engine.Moment(0, 0).Span)[1], Is.EqualTo(0.05f * gradients[0][1]).Within(1e-7));
    }

    [TestCase(0f, 0)]
    [TestCase(0.9f, 1)]
    public void OptimizerStep_Sgd_LowersTheLoss(float momentum, int moments)
    {
        using var engine = Open();
        engine.UseOptimizer(new OptimizerSettings { Kind = "sgd", Momentum = momentum });
        Assert.That(engine.Moments, Is.EqualTo(moments));
        Fill(engine, 50);
        var first = engine.Evaluate();
        for (var i = 0; i < 20; i++)
        {
            engine.ClearGradients();
            engine.ForwardBackward(1, 0, i);
            engine.OptimizerStep([0.1f], 1);
        }

        Assert.That(engine.Evaluate(), Is.LessThan(first - 0.1f));
    }

    [Test]
    public void Steps_SameThreads_AreEqualBitForBit() => Assert.That(Train(), Is.EqualTo(Train()));

    [Test]
    public void Step_ShapesSeenBefore_AllocatesNothing()
    {
        using var engine = Open(0.1f);
        engine.UseOptimizer(AdamW);
        void Step(int batch)
        {
            Fill(engine, batch);
            engine.ClearGradients();
            engine.ForwardBackward(0.5f, 1, engine.Step);
            engine.ForwardBackward(0.5f, 2, engine.Step);
            engine.OptimizerStep([1e-3f, 2e-3f], (float)Math.Min(1, 1 / engine.GradientNorm()!.Value));
            engine.Evaluate();
        }

        for (var i = 0; i < 40; i++)
        {
            Step(8); // also past the JIT's tiers
            Step(5);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Step(8);
        Step(5);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void Input_WrongShape_NamesInputAndWhatWasWanted()
    {
        using var engine = Open();
        var error = Assert.Throws<OrtException>(() => engine.Input(0, [7, 3]))!;
        Assert.That(error.Message, Does.Contain("'x'").And.Contain("[7, 3]").And.Contain("[batch, 4]"));
    }

    [Test]
    public void ForwardBackward_LabelThatIsNoClass_NamesIt()
    {
        using var engine = Open();
        Fill(engine, 7);
        MemoryMarshal.Cast<byte, long>(engine.Input(1, [7]))[3] = 99;
        Assert.That(Assert.Throws<OrtException>(() => engine.ForwardBackward(1, 0, 0))!.Message, Does.Contain("99"));
        Assert.That(engine.GradientNorm(), Is.Zero);
    }

    [Test]
    public void UseOptimizer_UnknownKind_NamesTheKnownOnes()
    {
        using var engine = Open();
        Assert.That(Assert.Throws<OrtException>(() => engine.UseOptimizer(new OptimizerSettings { Kind = "lion" }))!.Message, Does.Contain("adamw"));
    }

    [Test]
    public void Create_CheckpointOfAnotherModel_NamesTheParameter()
    {
        var checkpoint = SmallClassifier.Checkpoint();
        var less = checkpoint with { Trainable = [.. checkpoint.Trainable.Skip(1)] };
        Assert.That(Assert.Throws<OrtException>(() => Open(checkpoint: less))!.Message, Does.Contain("'w1'"));
        var other = checkpoint with { Trainable = [new NamedTensor("w1", Tensor.From<float>([1, 2], 2)), .. checkpoint.Trainable.Skip(1)] };
        Assert.That(Assert.Throws<OrtException>(() => Open(checkpoint: other))!.Message, Does.Contain("'w1'").And.Contain("[2]"));
    }

    private static StockEngine Open(float dropout = 0, bool kernels = true, string? profile = null, OdtcCheckpoint? checkpoint = null) => StockEngine.Create(
        "training_model.onnx", SmallClassifier.Training(dropout), SmallClassifier.Evaluation, checkpoint ?? SmallClassifier.Checkpoint(),
        new SessionSettings { Threads = 2, Kernels = kernels, Profile = profile });

    private static KernelReport Report(bool kernels)
    {
        using var engine = Open(0.5f, kernels, Path.Combine(TestContext.CurrentContext.WorkDirectory, $"profile-{kernels}"));
        Fill(engine, 7);
        engine.ForwardBackward(1, 0, 0);
        return engine.EndProfile();
    }

    private static float[] Train()
    {
        using var engine = Open(0.1f);
        engine.UseOptimizer(AdamW);
        var losses = new List<float>();
        for (var i = 0; i < 10; i++)
        {
            Fill(engine, 300 + i);
            engine.ClearGradients();
            losses.Add(engine.ForwardBackward(1, 1, i));
            engine.OptimizerStep([1e-2f, 5e-3f], 1);
        }

        return [.. losses, .. Enumerable.Range(0, engine.Parameters.Count).SelectMany(p => Numbers(engine, p).ToArray())];
    }

    private static ReadOnlySpan<float> Numbers(StockEngine engine, int parameter) => MemoryMarshal.Cast<byte, float>(engine.Parameter(parameter).Span);

    private static void Fill(StockEngine engine, int rows)
    {
        var random = new Lcg(rows);
        foreach (ref var x in MemoryMarshal.Cast<byte, float>(engine.Input(0, [rows, SmallClassifier.Width])))
        {
            x = random.Next(1000) / 500f - 1;
        }

        foreach (ref var label in MemoryMarshal.Cast<byte, long>(engine.Input(1, [rows])))
        {
            label = random.Next(20) == 0 && rows > 10 ? -100 : random.Next(SmallClassifier.Classes);
        }
    }

    /// <summary>Numbers without an allocation.</summary>
    private struct Lcg(int seed)
    {
        private uint _state = (uint)seed;

        public int Next(int end)
        {
            _state = (_state * 1664525) + 1013904223;
            return (int)((_state >> 8) % (uint)end);
        }
    }
}
