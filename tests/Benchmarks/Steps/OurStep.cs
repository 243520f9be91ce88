using System.Diagnostics;
using System.Runtime.InteropServices;
using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>A step on the stock engine, through the artifacts that the command line would make.</summary>
internal sealed class OurStep : IDisposable
{
    private readonly LanguageCase _case;
    private readonly bool _masked;
    private readonly string _folder;

    /// <param name="masked">The graph's own loss, whose head sees only the positions with a label; else cross-entropy of the logits at all positions.</param>
    public OurStep(LanguageCase @case, bool masked, SessionSettings settings)
    {
        (_case, _masked) = (@case, masked);
        _folder = Path.Combine(Path.GetTempPath(), $"onnxpipe-step-{Environment.ProcessId}");
        Write(@case, masked, _folder);
        Engine = StockEngine.Load(ArtifactFolder.Open(_folder), settings);
        Engine.UseOptimizer(new OptimizerSettings
        {
            Kind = "adamw",
            Beta1 = LanguageCase.Beta1,
            Beta2 = LanguageCase.Beta2,
            WeightDecay = Engine.Parameters.Where(p => p.Dims.Count >= 2).ToDictionary(p => p.Name, _ => LanguageCase.WeightDecay),
        });
    }

    public StockEngine Engine { get; }

    /// <summary>Time of all steps so far: filling inputs, forward and backward, the norm, the optimizer.</summary>
    public TimeSpan[] Parts { get; } = new TimeSpan[4];

    public float Step(int step)
    {
        var start = Stopwatch.GetTimestamp();
        Fill(step);
        Engine.ClearGradients();
        Pass(0);
        var loss = Engine.ForwardBackward(1, 0, step);
        Pass(1);
        var scale = Math.Min(1, LanguageCase.MaxGradNorm / (Engine.GradientNorm()!.Value + 1e-6));
        Pass(2);
        Engine.OptimizerStep([_case.LearningRate], (float)scale);
        Pass(3);
        return loss;

        void Pass(int part)
        {
            Parts[part] += Stopwatch.GetElapsedTime(start);
            start = Stopwatch.GetTimestamp();
        }
    }

    public void Dispose()
    {
        Engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Write(LanguageCase @case, bool masked, string folder)
    {
        using var target = OutputTarget.Folder(folder, force: true);
        var options = new ArtifactOptions { Optimizer = null, Loss = masked ? "none" : "cross-entropy", LossInput = masked ? "loss" : "logits" };
        ArtifactWriter.Write(@case.Build(masked), options, target);
        target.Commit();
    }

    private void Fill(int step)
    {
        var (ids, labels) = _case.Data(step, _masked);
        for (var input = 0; input < Engine.Inputs.Count; input++)
        {
            var memory = MemoryMarshal.Cast<byte, long>(Engine.Input(input, [_case.Batch, _case.Length]));
            switch (Engine.Inputs[input].Name)
            {
                case "attention_mask":
                    memory.Fill(1);
                    break;
                case "token_type_ids":
                    memory.Clear();
                    break;
                case "labels":
                    labels.CopyTo(memory);
                    break;
                default:
                    ids.CopyTo(memory);
                    break;
            }
        }
    }
}
