namespace OnnxPipeline.Inference;

/// <summary>Masked language models in use: what may stand where the text has its mask token.</summary>
public static class MaskFilling
{
    /// <summary>For each mask of the text, in order, the most probable tokens, best first; of equal ones the lower id.</summary>
    /// <param name="top">Tokens per mask, at least 1; fewer where the vocabulary has no more.</param>
    /// <exception cref="InferenceException">The folder has no tokenizer, that has no mask token, or the text has none or is too long.</exception>
    public static IReadOnlyList<IReadOnlyList<TokenGuess>> Fill(TextModel model, string text, int top, CancellationToken cancellation = default)
    {
        var ids = model.Encode(text).ToArray();
        var tokenizer = model.Tokenizer!;
        var mask = tokenizer.MaskId ?? throw new InferenceException($"The model's tokenizer (kind {tokenizer.Kind}) has no mask token, so it is no masked language model; for a causal one see `onnxpipe generate`.");
        return ids.Contains(mask)
            ? Fill(model, ids, top, cancellation)
            : throw new InferenceException($"The text '{text}' has no mask: write {tokenizer.Token(mask)} where a token is to be guessed.");
    }

    /// <summary>The same for the ids of a text, those around it included.</summary>
    /// <param name="model">Has a tokenizer with a mask token.</param>
    /// <exception cref="InferenceException">There are too many ids.</exception>
    public static IReadOnlyList<IReadOnlyList<TokenGuess>> Fill(TextModel model, ReadOnlySpan<int> ids, int top, CancellationToken cancellation = default)
    {
        var (tokenizer, positions) = (model.Tokenizer!, new List<int>());
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] == tokenizer.MaskId)
            {
                positions.Add(i);
            }
        }

        return [.. model.LogitsAt(ids, positions, cancellation).Select(logits => Best(logits, top, id => id < tokenizer.VocabularySize ? tokenizer.Token(id) ?? "" : ""))];
    }

    private static IReadOnlyList<TokenGuess> Best(float[] logits, int top, Func<int, string> token)
    {
        var greatest = logits.Max();
        var sum = logits.Sum(logit => Math.Exp(logit - greatest));
        return [.. Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(top)
            .Select(id => new TokenGuess(token(id), id, Math.Exp(logits[id] - greatest) / sum))];
    }
}
