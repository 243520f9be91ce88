namespace OnnxPipeline.Text;

/// <summary>What a WordPiece tokenizer is told beside its vocabulary.</summary>
/// <param name="Unknown"><c>unk_token</c>.</param>
/// <param name="Prefix"><c>continuing_subword_prefix</c>: what tokens begin with that go on with a word.</param>
/// <param name="LongestWord"><c>max_input_chars_per_word</c>, in code points; longer ones are unknown.</param>
/// <param name="CleanUp">The decoder's <c>cleanup</c>: no space before punctuation and before the ends of English contractions.</param>
internal sealed record WordPieceSettings(string Unknown = "[UNK]", string Prefix = "##", int LongestWord = 100, bool CleanUp = true);
