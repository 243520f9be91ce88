namespace OnnxPipeline.Text;

/// <summary>Whether a tokenizer knows a text. What it has no token for becomes its unknown token, and of that nothing is learnt.</summary>
public static class UnknownTokens
{
    /// <summary>Ids that are looked at, from the beginning.</summary>
    private const long Looked = 1 << 24;

    /// <summary>A share of unknown tokens above this is worth a warning.</summary>
    private const double Noteworthy = 0.05;

    /// <summary>A warning where more than 5 % of the tokens are unknown; else null.</summary>
    /// <param name="files">What the ids are of, for messages.</param>
    /// <exception cref="TextException">The text has no other tokens than the unknown one and special ones.</exception>
    public static string? In(TokenFile ids, Tokenizer tokenizer, IReadOnlyList<string> files)
    {
        var (unknown, ordinary) = (0L, 0L);
        foreach (var id in new TokenPart(ids, 0, Math.Min(ids.Count, Looked)).Ids())
        {
            if (id == tokenizer.UnkId && id != tokenizer.EosId) // GPT-2 has one token for both, and knows every text
            {
                unknown++;
            }
            else if (!tokenizer.IsSpecial((int)id))
            {
                ordinary++;
            }
        }

        var text = files.Count == 1 ? files[0] : $"{files[0]} and the {files.Count - 1} after it";
        const string Advice = "Was the tokenizer made for text of this kind (language, case)? `onnxpipe tokenizer train` makes one from the text itself.";
        return ordinary == 0
            ? throw new TextException($"{text}: the tokenizer (kind {tokenizer.Kind}, {tokenizer.VocabularySize} tokens) knows nothing of it: {unknown} of its tokens are {(tokenizer.UnkId is { } unk ? tokenizer.Token(unk) : "unknown")}, the others special ones, and there is nothing to learn. {Advice}")
            : unknown > Noteworthy * (unknown + ordinary) ? $"{text}: {100.0 * unknown / (unknown + ordinary):0.#} % of the tokens are {tokenizer.Token(tokenizer.UnkId!.Value)}, which the tokenizer does not know. {Advice}" : null;
    }
}
