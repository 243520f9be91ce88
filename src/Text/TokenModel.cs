namespace OnnxPipeline.Text;

/// <summary>The kind of a tokenizer: how text without special tokens becomes ids, and back.</summary>
internal abstract class TokenModel
{
    /// <summary><c>bpe</c>, <c>char</c>, …</summary>
    public abstract string Kind { get; }

    /// <summary>Tokens and their ids, without those that the tokenizer adds.</summary>
    public abstract IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>
    /// Appends the tokens of a text, their spans moved by <paramref name="offset"/>. The text is well-formed UTF-16. Safe to call from several threads.
    /// </summary>
    public abstract void Encode(ReadOnlySpan<char> text, int offset, TokenList into);

    /// <summary>Whether a word begins with a token, as far as the token by itself tells.</summary>
    public abstract bool BeginsWord(string token);

    /// <summary>The text of tokens that follow one another, those that were added among them by their content.</summary>
    public abstract string Decode(IEnumerable<string> tokens);
}
