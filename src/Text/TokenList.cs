namespace OnnxPipeline.Text;

/// <summary>Tokens of one text on their way: ids, and where they stand in it (in UTF-16 units) if that is wanted.</summary>
internal sealed class TokenList(List<int> ids, bool withSpans)
{
    public List<int> Ids { get; } = ids;

    public bool WithSpans { get; } = withSpans;

    public List<(int Start, int End)> Spans { get; } = [];

    public void Add(int id, int start, int end)
    {
        Ids.Add(id);
        if (WithSpans)
        {
            Spans.Add((start, end));
        }
    }
}
