using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Inference.Tests;

/// <summary>
/// A causal model without training: the logits after an id are the row of a table, so that every next token is known. A table of
/// <c>positions</c> rows of zeros is looked up and added, which fails beyond its end as a real model's does.
/// </summary>
internal static class Bigram
{
    /// <summary>After id i comes i + 1 with the logit 2, and i + 2 with the logit 1; all others have 0. The last id goes round to the first.</summary>
    public static float[] CountingTable(int vocabulary)
    {
        var table = new float[vocabulary * vocabulary];
        for (var i = 0; i < vocabulary; i++)
        {
            table[(i * vocabulary) + ((i + 1) % vocabulary)] = 2;
            table[(i * vocabulary) + ((i + 2) % vocabulary)] = 1;
        }

        return table;
    }

    public static void Save(string path, float[] table, int vocabulary, int positions, params (string Name, ElementType Type)[] inputs)
    {
        var graph = new Graph("bigram");
        var b = new GraphBuilder(graph, 18);
        var shape = Shape.Of("batch", "length");
        var ids = b.Input("input_ids", ElementType.Int64, shape);
        foreach (var (name, type) in inputs)
        {
            b.Input(name, type, shape);
        }

        var logits = b.Gather(b.Initializer("table", Tensor.From<float>(table, vocabulary, vocabulary)), ids); // [batch, length, vocabulary]
        var length = b.Squeeze(b.Shape(ids, 1, 2));
        var places = b.Range(b.Constant(Tensor.Scalar(0L)), length, b.Constant(Tensor.Scalar(1L)));
        var zeros = b.Gather(b.Initializer("positions", Tensor.From<float>(new float[positions * vocabulary], positions, vocabulary)), places);
        var sum = b.Add(logits, zeros);
        sum.Type = new TensorType(ElementType.Float, Shape.Of("batch", "length", vocabulary));
        b.Output(sum, "logits");
        var model = new Model(graph);
        model.OpsetImports[""] = 18;
        ModelFile.Save(model, path);
    }
}
