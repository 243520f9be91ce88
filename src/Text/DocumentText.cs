namespace OnnxPipeline.Text;

/// <summary>Cuts text into documents.</summary>
internal static class DocumentText
{
    /// <summary>
    /// The parts of a text between the runs of white space that end a document: those with at least one line end, or two. Parts may be empty.
    /// A run is never cut by <see cref="TextChunks"/>, so that the parts of all pieces of a file, a boundary between them only inside a piece, are its documents.
    /// </summary>
    public static IEnumerable<string> Split(string text, DocumentEnd end)
    {
        var wanted = end switch { DocumentEnd.Line => 1, DocumentEnd.BlankLine => 2, _ => int.MaxValue };
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                continue;
            }

            var (first, lines) = (i, 0);
            for (; i < text.Length && char.IsWhiteSpace(text[i]); i++)
            {
                lines += text[i] == '\n' ? 1 : 0;
            }

            if (lines >= wanted)
            {
                yield return text[start..first];
                start = i;
            }
        }

        yield return text[start..];
    }
}
