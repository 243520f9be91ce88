using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests.Bert;

public sealed class BertBuilderTests
{
    // Matrices of deviation 0.3 instead of 0.02, so that every part of the computation shows in the logits.
    private const string Base = """
        "model_type": "bert", "vocab_size": 11, "max_position_embeddings": 8, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 12, "hidden_act": "relu", "initializer_range": 0.3
        """;

    private static readonly long[] Ids = [3, 1, 10, 4, 4], Types = [0, 0, 1, 1, 1], Ones = [1, 1, 1, 1, 1];

    [Test]
    public void Build_Parameters_HaveTheNamesAndShapesOfCheckpoints()
    {
        using var built = new Built($$"""{ {{Base.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", StringComparison.Ordinal)}} }""", "mlm-nsp");
        const string layer = "bert.encoder.layer.0.";
        string[] wanted =
        [
            "bert.embeddings.LayerNorm.bias [8]", "bert.embeddings.LayerNorm.weight [8]", "bert.embeddings.position_embeddings.weight [8, 8]",
            "bert.embeddings.token_type_embeddings.weight [2, 8]", "bert.embeddings.word_embeddings.weight [11, 8]",
            layer + "attention.output.LayerNorm.bias [8]", layer + "attention.output.LayerNorm.weight [8]",
            layer + "attention.output.dense.bias [8]", layer + "attention.output.dense.weight [8, 8]",
            layer + "attention.self.key.bias [8]", layer + "attention.self.key.weight [8, 8]",
            layer + "attention.self.query.bias [8]", layer + "attention.self.query.weight [8, 8]",
            layer + "attention.self.value.bias [8]", layer + "attention.self.value.weight [8, 8]",
            layer + "intermediate.dense.bias [12]", layer + "intermediate.dense.weight [12, 8]",
            layer + "output.LayerNorm.bias [8]", layer + "output.LayerNorm.weight [8]",
            layer + "output.dense.bias [8]", layer + "output.dense.weight [8, 12]",
            "bert.pooler.dense.bias [8]", "bert.pooler.dense.weight [8, 8]",
            "cls.predictions.bias [11]", "cls.predictions.transform.LayerNorm.bias [8]", "cls.predictions.transform.LayerNorm.weight [8]",
            "cls.predictions.transform.dense.bias [8]", "cls.predictions.transform.dense.weight [8, 8]",
            "cls.seq_relationship.bias [2]", "cls.seq_relationship.weight [2, 8]",
        ];
        Assert.That(built.Parameters.Select(p => $"{p.Key} {Tensor.Describe([.. p.Value.Dims])}").Order(StringComparer.Ordinal), Is.EqualTo(wanted.Order(StringComparer.Ordinal)));
    }

    [TestCase("mlm", "loss Float[]; logits Float[batch, sequence, 11]", "labels Int64[batch, sequence]")]
    [TestCase("mlm-nsp", "loss Float[]; prediction_logits Float[batch, sequence, 11]; seq_relationship_logits Float[batch, 2]", "labels Int64[batch, sequence]; next_sentence_label Int64[batch]")]
    public void Build_Head_HasTheInputsAndOutputsOfTransformers(string head, string outputs, string labels)
    {
        using var built = new Built($$"""{ {{Base}} }""", head, withLoss: true);
        var graph = built.Model.Graph;
        Ir.ShapeInference.Infer(built.Model);
        Assert.That(string.Join("; ", graph.Outputs.Select(v => $"{v.Name} {v.Type}")), Is.EqualTo(outputs));
        Assert.That(string.Join("; ", graph.Inputs.Select(v => $"{v.Name} {v.Type}")), Is.EqualTo(
            "input_ids Int64[batch, sequence]; attention_mask Int64[batch, sequence]; token_type_ids Int64[batch, sequence]; " + labels));
        Assert.That(graph.AllNodes().Select(n => n.Domain), Is.All.Empty);
    }

    [TestCase("")]
    [TestCase(""", "tie_word_embeddings": false, "layer_norm_eps": 0.1""", 0.1)]
    [TestCase(""", "hidden_dropout_prob": 0.5, "attention_probs_dropout_prob": 0.25""")]
    public void Build_Computation_IsThePapers(string fields, double epsilon = 1e-12)
    {
        using var built = new Built($$"""{ {{Base}}{{fields}} }""", "mlm-nsp");
        var reference = Reference(built, epsilon);
        var hidden = reference.Hidden(Ids, Types, Ones);
        Assert.That(Run(built, "prediction_logits", Ids, Types, Ones), Is.EqualTo(reference.Predictions(hidden).SelectMany(row => row)).Within(2e-5));
        Assert.That(Run(built, "seq_relationship_logits", Ids, Types, Ones), Is.EqualTo(reference.Relationship(hidden)).Within(2e-5));
    }

    [Test]
    public void Build_Padding_IsSeenByNobody()
    {
        using var built = new Built($$"""{ {{Base}} }""", "mlm");
        long[] mask = [1, 1, 1, 0, 0];
        var reference = Reference(built, 1e-12);
        var logits = Run(built, "logits", Ids, Types, mask);
        Assert.That(logits, Is.EqualTo(reference.Predictions(reference.Hidden(Ids, Types, mask)).SelectMany(row => row)).Within(2e-5));
        Assert.That(Run(built, "logits", [3, 1, 10, 7, 0], Types, mask)[..33], Is.EqualTo(logits[..33]).Within(1e-6));
    }

    [Test]
    public void Build_Batch_EqualsItsRowsAlone()
    {
        using var built = new Built($$"""{ {{Base}} }""", "mlm");
        long[][] rows = [[1, 2, 3, 4], [9, 8, 7, 6], [5, 5, 5, 5]], zeros = [[0, 0, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1]], ones = [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0]];
        var batch = built.Run("logits", Built.Rows(rows), Built.Rows(ones), ("token_type_ids", Built.Rows(zeros))).As<float>().ToArray();
        var alone = rows.SelectMany((row, i) => Run(built, "logits", row, zeros[i], ones[i])).ToArray();
        Assert.That(batch, Is.EqualTo(alone).Within(1e-5));
    }

    [TestCase(0, -100, 2, 4, -100, -100)]
    [TestCase(0.1, 0, 2, -100, -100, 10)]
    [TestCase(0.1, -100, -100, -100, -100, -100)]
    public void Loss_MaskedTokens_IsTheMeanOverTheLabelledPositions(double smoothing, params long[] labels)
    {
        using var built = new Built($$"""{ {{Base}} }""", "mlm", withLoss: true, smoothing: smoothing);
        var reference = Reference(built, 1e-12);
        var scores = reference.Predictions(reference.Hidden(Ids, Types, Ones));
        var parts = labels.Select((label, i) => label < 0 ? (double?)null
            : ((1 - smoothing) * Loops.NegativeLog(scores[i], label)) + (smoothing * Enumerable.Range(0, 11).Average(c => Loops.NegativeLog(scores[i], c)))).OfType<double>().ToArray();
        var loss = Run(built, "loss", Ids, Types, Ones, ("labels", Built.Rows(labels)));
        Assert.That(loss.Single(), Is.EqualTo(parts.Length == 0 ? 0 : parts.Average()).Within(1e-5));
    }

    [Test]
    public void Loss_Pairs_IsTheSumOfBothMeans()
    {
        using var built = new Built($$"""{ {{Base}} }""", "mlm-nsp", withLoss: true);
        var reference = Reference(built, 1e-12);
        var hidden = reference.Hidden(Ids, Types, Ones);
        var wanted = Loops.NegativeLog(reference.Predictions(hidden)[2], 7) + Loops.NegativeLog(reference.Relationship(hidden), 1);
        var loss = Run(built, "loss", Ids, Types, Ones, ("labels", Built.Rows([-100, -100, 7, -100, -100])), ("next_sentence_label", Tensor.Vector(1L)));
        Assert.That(loss.Single(), Is.EqualTo(wanted).Within(1e-5));
    }

    [Test]
    public void Build_Matrices_AreOfTheTruncatedNormalDistribution()
    {
        using var built = new Built("""{ "model_type": "bert", "vocab_size": 400, "hidden_size": 64, "num_hidden_layers": 0, "num_attention_heads": 1 }""", "mlm");
        var words = built.Parameters["bert.embeddings.word_embeddings.weight"].As<float>().ToArray();
        Assert.That(words.Max(Math.Abs), Is.LessThanOrEqualTo(0.04f).And.GreaterThan(0.0399f));
        Assert.That(Math.Sqrt(words.Average(v => (double)v * v)), Is.EqualTo(0.02 * 0.8796).Within(0.0002), "the deviation of what is left of the normal distribution within two deviations");
    }

    private static BertReference Reference(Built built, double epsilon) => new(built.Parameters, 2, 2, x => Math.Max(x, 0)) { Epsilon = epsilon };

    private static float[] Run(Built built, string output, long[] ids, long[] types, long[] mask, params (string, Tensor)[] labels) =>
        built.Run(output, Built.Rows(ids), Built.Rows(mask), [("token_type_ids", Built.Rows(types)), .. labels]).As<float>().ToArray();
}
