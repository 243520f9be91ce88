using OnnxPipeline.Inference;

namespace OnnxPipeline.Training;

/// <summary>How a causal language model goes on with the beginning of the evaluation text, at temperature 0.8 among the 40 most probable tokens.</summary>
internal sealed class TextSampler : ISampler
{
    private const int PromptTokens = 16, NewTokens = 48;

    private readonly LiveModel _model;
    private readonly int[] _prompt;
    private readonly string _promptText;
    private readonly long _seed;

    /// <param name="model">Is disposed with this.</param>
    /// <param name="text">Ids whose first ones are the prompt; at least one.</param>
    public TextSampler(LiveModel model, ReadOnlySpan<long> text, long seed)
    {
        (_model, _seed) = (model, seed);
        _prompt = Array.ConvertAll(text[..Math.Min(text.Length, PromptTokens)].ToArray(), id => (int)id);
        _promptText = model.UpToDate().Tokenizer?.Decode(_prompt) ?? string.Join(' ', _prompt);
    }

    public Sample After(long step, CancellationToken cancellation)
    {
        var options = new GenerationOptions { MaxTokens = NewTokens, IgnoreEos = true, Sampling = new() { Temperature = 0.8, TopK = 40, Seed = _seed } };
        var made = Generator.Generate(_model.UpToDate(), _prompt, options, stream: step, cancellation);
        return new(step, _promptText, made.Text ?? string.Join(' ', made.Ids));
    }

    public void Dispose() => _model.Dispose();
}
