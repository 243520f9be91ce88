using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Models;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>The same model and step on the stock engine, through the artifacts that the command line would make.</summary>
internal sealed class OurGpt : IDisposable
{
    private readonly GptCase _case;
    private readonly string _folder;
    private readonly StockEngine _engine;

    public OurGpt(GptCase @case, int threads)
    {
        _case = @case;
        _folder = Path.Combine(Path.GetTempPath(), $"onnxpipe-step-{Environment.ProcessId}");
        using (var target = OutputTarget.Folder(_folder, force: true))
        {
            ArtifactWriter.Write(FamilyTable.Build(Config(@case), new BuildOptions("clm", WithLoss: false, Seed: 0)), new ArtifactOptions { Optimizer = null }, target);
            target.Commit();
        }

        _engine = StockEngine.Load(ArtifactFolder.Open(_folder), threads);
        _engine.UseOptimizer(new OptimizerSettings
        {
            Kind = "adamw",
            Beta1 = GptCase.Beta1,
            Beta2 = GptCase.Beta2,
            WeightDecay = _engine.Parameters.Where(p => p.Dims.Count >= 2).ToDictionary(p => p.Name, _ => GptCase.WeightDecay),
        });
    }

    public float Step(int step)
    {
        var (ids, labels) = _case.Data(step);
        for (var input = 0; input < _engine.Inputs.Count; input++)
        {
            var memory = MemoryMarshal.Cast<byte, long>(_engine.Input(input, [_case.Batch, _case.Block]));
            switch (_engine.Inputs[input].Name)
            {
                case "attention_mask":
                    memory.Fill(1);
                    break;
                case "labels":
                    labels.CopyTo(memory);
                    break;
                default:
                    ids.CopyTo(memory);
                    break;
            }
        }

        _engine.ClearGradients();
        var loss = _engine.ForwardBackward(1, 0, step);
        var scale = Math.Min(1, GptCase.MaxGradNorm / (_engine.GradientNorm() + 1e-6));
        _engine.OptimizerStep([GptCase.LearningRate], (float)scale);
        return loss;
    }

    public void Dispose()
    {
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static ConfigFile Config(GptCase c) => ConfigFile.Parse(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""
        {
          "model_type": "gpt2", "vocab_size": {{c.Vocabulary}}, "n_positions": {{c.Block}}, "n_embd": {{c.Width}}, "n_layer": {{c.Layers}}, "n_head": {{c.Heads}},
          "activation_function": "gelu", "resid_pdrop": 0, "embd_pdrop": 0, "attn_pdrop": 0
        }
        """)), "the benchmark's configuration");
}
