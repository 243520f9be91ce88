using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests.Bert;

/// <summary>BERT for one sequence in loops and double, written from the paper's formulas.</summary>
internal sealed class BertReference(IReadOnlyDictionary<string, Tensor> parameters, int layers, int heads, Func<double, double> activation)
{
    private readonly Loops _loops = new(parameters);

    public double Epsilon { get; init; } = 1e-12;

    /// <summary>[length][hidden_size].</summary>
    /// <param name="mask">0 for padding.</param>
    public double[][] Hidden(long[] ids, long[] types, long[] mask)
    {
        const string embeddings = "bert.embeddings.";
        var words = ids.Select(id => _loops.Matrix(embeddings + "word_embeddings.weight")[id]).ToArray();
        var places = _loops.Matrix(embeddings + "position_embeddings.weight")[..ids.Length];
        var segments = types.Select(type => _loops.Matrix(embeddings + "token_type_embeddings.weight")[type]).ToArray();
        var x = _loops.Norm(embeddings + "LayerNorm", Loops.Sum(Loops.Sum(words, places), segments), Epsilon);
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"bert.encoder.layer.{layer}.";
            double[][] Part(string part) => _loops.Linear($"{name}attention.self.{part}", x);
            var mixed = Loops.Attend(Part("query"), Part("key"), Part("value"), heads, 1 / Math.Sqrt(x[0].Length / heads), (_, j) => mask[j] != 0);
            x = _loops.Norm(name + "attention.output.LayerNorm", Loops.Sum(x, _loops.Linear(name + "attention.output.dense", mixed)), Epsilon);
            var hidden = Loops.Map(_loops.Linear(name + "intermediate.dense", x), activation);
            x = _loops.Norm(name + "output.LayerNorm", Loops.Sum(x, _loops.Linear(name + "output.dense", hidden)), Epsilon);
        }

        return x;
    }

    /// <summary>Scores over the vocabulary of rows of <see cref="Hidden"/>.</summary>
    public double[][] Predictions(double[][] hidden)
    {
        const string name = "cls.predictions.";
        var transformed = _loops.Norm(name + "transform.LayerNorm", Loops.Map(_loops.Linear(name + "transform.dense", hidden), activation), Epsilon);
        var decoder = _loops.Matrix(_loops.Has(name + "decoder.weight") ? name + "decoder.weight" : "bert.embeddings.word_embeddings.weight");
        return Loops.Times(transformed, decoder, _loops.Vector(name + "bias"));
    }

    /// <summary>Scores of the two classes of the next-sentence head.</summary>
    public double[] Relationship(double[][] hidden) =>
        _loops.Linear("cls.seq_relationship", Loops.Map(_loops.Linear("bert.pooler.dense", hidden[..1]), Math.Tanh))[0];
}
