using System.Runtime.InteropServices;
using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class CausalExamplesTests
{
    private string _root = "";

    [SetUp]
    public void Make() => _root = Directory.CreateTempSubdirectory("causal").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_root, true);

    [Test]
    public void Fill_EveryInput_HoldsTheTokensTheNextOnesAndOnes()
    {
        using var tokens = Tokens("abcdefghijk");
        var engine = new RecordingEngine("input_ids", "attention_mask", "position_ids", "labels");
        var examples = new CausalExamples(CausalBlocks.ForValidation(tokens.Whole, 3), engine.Inputs, "labels");

        examples.Fill(engine, 0, [1, 0]);

        Assert.That(examples.Count, Is.EqualTo(3));
        Assert.That(examples.Counted(0, [1, 0]), Is.EqualTo(6));
        Assert.That(engine.Filled["input_ids"], Is.EqualTo(new long[] { 3, 4, 5, 0, 1, 2 }));
        Assert.That(engine.Filled["labels"], Is.EqualTo(new long[] { 4, 5, 6, 1, 2, 3 }));
        Assert.That(engine.Filled["attention_mask"], Is.EqualTo(new long[] { 1, 1, 1, 1, 1, 1 }));
        Assert.That(engine.Filled["position_ids"], Is.EqualTo(new long[] { 0, 1, 2, 0, 1, 2 }));
    }

    [Test]
    public void Constructor_InputThatTextDoesNotGive_IsNamed()
    {
        using var tokens = Tokens("abcdefghijk");
        var engine = new RecordingEngine("input_ids", "pixel_values");

        Assert.That(() => new CausalExamples(CausalBlocks.ForValidation(tokens.Whole, 3), engine.Inputs, "labels"), Throws.TypeOf<TrainingException>().With.Message.Contains("pixel_values"));
    }

    private TokenFile Tokens(string text)
    {
        var file = Path.Combine(_root, "text.txt");
        File.WriteAllText(file, text);
        var folder = Directory.CreateDirectory(Path.Combine(_root, "tokenizer")).FullName;
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "char" }, [file], folder);
        return TokenCache.Open([file], Tokenizer.Load(folder), _root);
    }

    /// <summary>An engine that keeps what it is given.</summary>
    internal sealed class RecordingEngine(params string[] inputs) : ITrainingEngine
    {
        private readonly byte[][] _memory = new byte[inputs.Length][];

        public IReadOnlyList<TensorSpec> Inputs { get; } = [.. inputs.Select(name => name == "next_sentence_label" ? new TensorSpec(name, ElementType.Int64, [-1], ["batch"]) : new TensorSpec(name, ElementType.Int64, [-1, -1], ["batch", "sequence"]))];

        public Dictionary<string, long[]> Filled => Inputs.Index().ToDictionary(i => i.Item.Name, i => MemoryMarshal.Cast<byte, long>(_memory[i.Index]).ToArray());

        public IReadOnlyList<EngineParameter> Parameters => [];

        public IReadOnlyList<TensorSpec> FurtherOutputs => [];

        public long Step { get; set; }

        public int Moments => 0;

        public Span<byte> Input(int input, ReadOnlySpan<long> dims) => _memory[input] = new byte[8 * dims[0] * (dims.Length > 1 ? dims[1] : 1)];

        public void UseOptimizer(OptimizerSettings settings) => throw new NotSupportedException();

        public float ForwardBackward(float weight, long seed, long step) => throw new NotSupportedException();

        public float Evaluate() => throw new NotSupportedException();

        public Tensor FurtherOutput(int output) => throw new NotSupportedException();

        public void ClearGradients() => throw new NotSupportedException();

        public double? GradientNorm() => throw new NotSupportedException();

        public void OptimizerStep(ReadOnlySpan<float> learningRates, float gradientScale) => throw new NotSupportedException();

        public ReadOnlyMemory<byte> Parameter(int parameter) => throw new NotSupportedException();

        public void SetParameter(int parameter, ReadOnlySpan<byte> value) => throw new NotSupportedException();

        public ReadOnlyMemory<byte> Gradient(int parameter) => throw new NotSupportedException();

        public ReadOnlyMemory<byte> Moment(int parameter, int moment) => throw new NotSupportedException();

        public void SetMoment(int parameter, int moment, ReadOnlySpan<byte> value) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
