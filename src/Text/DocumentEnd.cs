namespace OnnxPipeline.Text;

/// <summary>What ends a document of a corpus, beside the end of its file.</summary>
public enum DocumentEnd
{
    /// <summary>Nothing else: a file is a document.</summary>
    File,

    /// <summary>A line that is empty or has white space only, as in the files that BERT was trained on.</summary>
    BlankLine,

    /// <summary>The end of a line.</summary>
    Line,
}
