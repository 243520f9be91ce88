using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests.Gpt2;

/// <summary>GPT-2 for one sequence in loops and double, written from the paper's formulas; parameters by their names in checkpoints.</summary>
internal sealed class Gpt2Reference(IReadOnlyDictionary<string, Tensor> parameters, int layers, int heads, Func<double, double> activation)
{
    public bool ScaleScores { get; init; } = true;

    public bool ScaleByLayer { get; init; }

    public double Epsilon { get; init; } = 1e-5;

    /// <summary>[length][vocabulary].</summary>
    public double[][] Logits(long[] ids)
    {
        var wte = Matrix("transformer.wte.weight");
        var wpe = Matrix("transformer.wpe.weight");
        var x = ids.Select((id, position) => wte[id].Zip(wpe[position], (a, b) => a + b).ToArray()).ToArray();
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"transformer.h.{layer}.";
            x = Sum(x, Attend(name + "attn.", layer, Norm(name + "ln_1", x)));
            var hidden = Project(name + "mlp.c_fc", Norm(name + "ln_2", x)).Select(row => row.Select(activation).ToArray()).ToArray();
            x = Sum(x, Project(name + "mlp.c_proj", hidden));
        }

        var head = parameters.ContainsKey("lm_head.weight") ? Matrix("lm_head.weight") : wte;
        return [.. Norm("transformer.ln_f", x).Select(row => head.Select(word => Dot(row, word)).ToArray())];
    }

    private double[][] Attend(string name, int layer, double[][] x)
    {
        var (width, each) = (x[0].Length, x[0].Length / heads);
        var qkv = Project(name + "c_attn", x);
        var mixed = x.Select(_ => new double[width]).ToArray();
        for (var head = 0; head < heads; head++)
        {
            for (var i = 0; i < x.Length; i++)
            {
                var query = qkv[i].AsSpan(head * each, each).ToArray();
                var scores = Enumerable.Range(0, i + 1).Select(j => Dot(query, qkv[j].AsSpan(width + (head * each), each).ToArray())
                    / (ScaleScores ? Math.Sqrt(each) : 1) / (ScaleByLayer ? layer + 1 : 1)).ToArray();
                var total = scores.Sum(Math.Exp);
                for (var k = 0; k < each; k++)
                {
                    mixed[i][(head * each) + k] = scores.Select((s, j) => Math.Exp(s) / total * qkv[j][(2 * width) + (head * each) + k]).Sum();
                }
            }
        }

        return Project(name + "c_proj", mixed);
    }

    private double[][] Project(string name, double[][] x)
    {
        var (weight, bias) = (Matrix(name + ".weight"), parameters[name + ".bias"].As<float>().ToArray());
        return [.. x.Select(row => bias.Select((b, column) => b + row.Select((v, i) => v * weight[i][column]).Sum()).ToArray())];
    }

    private double[][] Norm(string name, double[][] x)
    {
        var (scale, bias) = (parameters[name + ".weight"].As<float>().ToArray(), parameters[name + ".bias"].As<float>().ToArray());
        return [.. x.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + Epsilon);
            return row.Select((v, i) => ((v - mean) / deviation * scale[i]) + bias[i]).ToArray();
        })];
    }

    private double[][] Matrix(string name)
    {
        var tensor = parameters[name];
        return [.. tensor.As<float>().ToArray().Chunk((int)tensor.Dims[1]).Select(row => Array.ConvertAll(row, v => (double)v))];
    }

    private static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (v, w) => v + w).ToArray())];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
