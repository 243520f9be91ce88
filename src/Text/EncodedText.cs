namespace OnnxPipeline.Text;

/// <summary>What a tokenizer makes of a text. The lists have one entry a token.</summary>
/// <param name="Ids">Numbers in the vocabulary.</param>
/// <param name="TypeIds">Which text of a pair the token is of: 0 for single texts.</param>
/// <param name="Tokens">As they stand in the vocabulary.</param>
/// <param name="Offsets">
/// The part of the text that the token stands for, in Unicode code points from <c>Start</c> up to <c>End</c>, <c>End</c> not included. A token that holds
/// part of a character has the whole of it; a special token that was added has (0, 0).
/// </param>
/// <param name="Overflow">The ids that did not fit, in pieces of the same greatest length; empty where all did.</param>
public sealed record EncodedText(
    IReadOnlyList<int> Ids,
    IReadOnlyList<int> TypeIds,
    IReadOnlyList<string> Tokens,
    IReadOnlyList<(int Start, int End)> Offsets,
    IReadOnlyList<IReadOnlyList<int>> Overflow);
