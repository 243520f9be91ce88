namespace OnnxPipeline.Inference;

/// <summary>
/// Lets a model go on with a text, token by token. The graph has no memory: every token is computed from the ids before it, at most the last
/// <see cref="TextModel.Positions"/> of them, so that a text may become longer than the model's window; what slid out of it is forgotten.
/// </summary>
public static class Generator
{
    /// <param name="prompt">At least one id.</param>
    /// <param name="stream">Which prompt of a call it is: each has random numbers of its own.</param>
    /// <exception cref="InferenceException">The model is a masked one, the prompt is empty or has ids beyond the vocabulary, a stop text is given without a tokenizer, or the model gives nothing but NaN.</exception>
    public static GeneratedText Generate(TextModel model, IReadOnlyList<int> prompt, GenerationOptions options, long stream = 0, CancellationToken cancellation = default)
    {
        if (model.Manifest?.Task is "mlm" or "mlm-nsp")
        {
            throw new InferenceException($"The model's manifest.json says that it is for {model.Manifest.Task}: it guesses tokens in the midst of a text (`onnxpipe fill-mask`) and does not go on with one.");
        }

        if (options.Stop.Count > 0 && model.Tokenizer is null)
        {
            throw new InferenceException("A stop text needs a tokenizer, and the model has none beside it.");
        }

        if (prompt.FirstOrDefault(id => id < 0 || id >= (model.VocabularySize ?? int.MaxValue)) is not 0 and var wrong)
        {
            throw new InferenceException($"The prompt has the id {wrong}; the model's ids are 0 to {model.VocabularySize - 1}.");
        }

        var sampler = new Sampler(options.Sampling, stream);
        List<int> all = [.. prompt];
        var logProbs = new List<double>();
        while (true)
        {
            var logits = model.NextLogits(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all), cancellation);
            var next = sampler.Next(logits, all);
            all.Add(next);
            logProbs.Add(LogProbability(logits, next));
            var text = options.Stop.Count > 0 ? Decode(model, all.Skip(prompt.Count)) : null;
            var stop = text is null ? -1 : options.Stop.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
            FinishReason? reason = stop >= 0 ? FinishReason.Stop
                : !options.IgnoreEos && model.EosIds.Contains(next) ? FinishReason.Eos
                : logProbs.Count == options.MaxTokens ? FinishReason.Length : null;
            if (reason is { } why)
            {
                int[] ids = [.. all.Skip(prompt.Count)];
                return new GeneratedText(prompt, ids, stop >= 0 ? text![..stop] : Decode(model, ids), logProbs, why);
            }
        }
    }

    /// <summary>A vocabulary may be larger than its tokenizer's, for rounder sizes: ids that the tokenizer does not have are no text.</summary>
    private static string? Decode(TextModel model, IEnumerable<int> ids) => model.Tokenizer?.Decode(ids.Where(id => id < model.Tokenizer.VocabularySize));

    /// <summary>log softmax: x − max − log Σ exp(x − max).</summary>
    private static double LogProbability(ReadOnlySpan<float> logits, int id)
    {
        double greatest = double.NegativeInfinity, sum = 0;
        foreach (var logit in logits)
        {
            greatest = Math.Max(greatest, logit);
        }

        if (!double.IsFinite(greatest))
        {
            throw new InferenceException($"The model gave {greatest} among the logits of a token: its weights are damaged, or training diverged.");
        }

        foreach (var logit in logits)
        {
            sum += Math.Exp(logit - greatest);
        }

        return logits[id] - greatest - Math.Log(sum);
    }
}
