namespace OnnxPipeline.Text;

/// <summary>Changes a text before it is tokenized.</summary>
/// <param name="text">Well-formed UTF-16.</param>
/// <param name="origin">For each UTF-16 unit of the result the first unit of the character it comes from (or its own unit of that character); null where each comes from the unit at its own place.</param>
internal delegate string Normalizer(string text, out int[]? origin);
