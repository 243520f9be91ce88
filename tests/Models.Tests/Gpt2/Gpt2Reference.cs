using OnnxPipeline.Files;

namespace OnnxPipeline.Models.Tests.Gpt2;

/// <summary>GPT-2 for one sequence in loops and double, written from the paper's formulas.</summary>
internal sealed class Gpt2Reference(IReadOnlyDictionary<string, Tensor> parameters, int layers, int heads, Func<double, double> activation)
{
    private readonly Loops _loops = new(parameters);

    public bool ScaleScores { get; init; } = true;

    public bool ScaleByLayer { get; init; }

    public double Epsilon { get; init; } = 1e-5;

    /// <summary>[length][vocabulary].</summary>
    public double[][] Logits(long[] ids)
    {
        var wte = _loops.Matrix("transformer.wte.weight");
        var wpe = _loops.Matrix("transformer.wpe.weight");
        var x = ids.Select((id, position) => wte[id].Zip(wpe[position], (a, b) => a + b).ToArray()).ToArray();
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"transformer.h.{layer}.";
            x = Loops.Sum(x, Attend(name + "attn.", layer, _loops.Norm(name + "ln_1", x, Epsilon)));
            var hidden = Loops.Map(_loops.Conv1D(name + "mlp.c_fc", _loops.Norm(name + "ln_2", x, Epsilon)), activation);
            x = Loops.Sum(x, _loops.Conv1D(name + "mlp.c_proj", hidden));
        }

        return Loops.Times(_loops.Norm("transformer.ln_f", x, Epsilon), _loops.Has("lm_head.weight") ? _loops.Matrix("lm_head.weight") : wte);
    }

    private double[][] Attend(string name, int layer, double[][] x)
    {
        var width = x[0].Length;
        var qkv = _loops.Conv1D(name + "c_attn", x);
        var scale = 1 / (ScaleScores ? Math.Sqrt(width / heads) : 1) / (ScaleByLayer ? layer + 1 : 1);
        var mixed = Loops.Attend(Loops.Columns(qkv, 0, width), Loops.Columns(qkv, width, width), Loops.Columns(qkv, 2 * width, width), heads, scale, (i, j) => j <= i);
        return _loops.Conv1D(name + "c_proj", mixed);
    }
}
