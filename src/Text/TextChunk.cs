namespace OnnxPipeline.Text;

/// <summary>A piece of a corpus.</summary>
/// <param name="Text">Not empty.</param>
/// <param name="File">Which file of the corpus it is of.</param>
/// <param name="First">Whether the file begins with it.</param>
/// <param name="Bytes">How much of the file was read for it.</param>
internal sealed record TextChunk(string Text, int File, bool First, long Bytes);
