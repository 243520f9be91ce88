using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OnnxPipeline.Benchmarks.Steps;

/// <summary>The peer's step: the same model in TorchSharp (libtorch), the loss at every position.</summary>
internal sealed class TorchStep : IDisposable
{
    private readonly LanguageCase _case;
    private readonly Module<Tensor, Tensor> _network;
    private readonly AdamW _optimizer;

    public TorchStep(LanguageCase @case, int threads)
    {
        _case = @case;
        set_num_threads(threads);
        _network = @case.Family == "bert" ? new TorchBert(@case) : new TorchGpt(@case);
        var parameters = _network.parameters().ToList();
        var rate = @case.LearningRate;
        _optimizer = new AdamW(
            [
                new AdamW.ParamGroup(parameters.Where(p => p.dim() >= 2), rate, LanguageCase.Beta1, LanguageCase.Beta2, 1e-8, LanguageCase.WeightDecay),
                new AdamW.ParamGroup(parameters.Where(p => p.dim() < 2), rate, LanguageCase.Beta1, LanguageCase.Beta2, 1e-8, 0),
            ],
            rate);
    }

    public float Step(int step)
    {
        using var scope = NewDisposeScope();
        var (ids, labels) = _case.Data(step);
        var logits = _network.forward(tensor(ids, [_case.Batch, _case.Length]));
        var loss = functional.cross_entropy(logits.view(-1, _case.Vocabulary), tensor(labels));
        _optimizer.zero_grad();
        loss.backward();
        nn.utils.clip_grad_norm_(_network.parameters(), LanguageCase.MaxGradNorm);
        _optimizer.step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _network.Dispose();
    }
}
