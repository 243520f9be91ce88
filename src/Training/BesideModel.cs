using OnnxPipeline.Files;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>What a language model needs beside its graph: <c>config.json</c> and the tokenizer's files.</summary>
public static class BesideModel
{
    /// <summary>Copies, byte for byte, what a folder has of it.</summary>
    /// <returns>What the manifest says of the tokenizer; null where the folder has none.</returns>
    /// <exception cref="PipelineException">The tokenizer cannot be read.</exception>
    public static ManifestTokenizer? Copy(string from, string to)
    {
        if (Path.Combine(from, "config.json") is var config && File.Exists(config))
        {
            File.Copy(config, Path.Combine(to, "config.json"));
        }

        if (!Tokenizer.IsIn(from))
        {
            return null;
        }

        var tokenizer = Tokenizer.Load(from);
        tokenizer.SaveTo(to);
        return new(tokenizer.Kind, tokenizer.VocabularySize);
    }
}
