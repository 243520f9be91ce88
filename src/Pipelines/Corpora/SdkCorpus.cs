using System.Security.Cryptography;
using System.Text;

namespace OnnxPipeline.Pipelines.Corpora;

/// <summary>
/// English text out of reference documentation. No sentence comes twice, wherever it stands. A type's text is one paragraph a member; whole
/// types go to the validation text, because the overloads of a method say nearly the same.
/// </summary>
public static class SdkCorpus
{
    public const string TrainingFile = "train.txt", ValidationFile = "validation.txt";

    /// <summary>Shorter sentences are labels.</summary>
    private const int FewestWords = 3;

    /// <summary>Writes <see cref="TrainingFile"/> and <see cref="ValidationFile"/> into a folder. Same documentation, same bytes.</summary>
    /// <param name="files">XML documentation: see <see cref="SdkDocumentation.Find"/>.</param>
    /// <param name="folder">Exists.</param>
    /// <param name="validation">The share of the types that is kept for validation, 0 to 1.</param>
    public static CorpusSummary Write(IReadOnlyList<string> files, string folder, double validation = 0.05, CancellationToken cancellation = default)
    {
        var (types, members) = (new SortedDictionary<string, List<string>>(StringComparer.Ordinal), 0);
        var seen = new HashSet<string>();
        foreach (var file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var member in DocumentationReader.Read(file))
            {
                members++;
                var paragraph = string.Join(' ', member.Paragraphs.SelectMany(Sentences.Of).Where(sentence => IsLanguage(sentence) && seen.Add(sentence)));
                if (paragraph.Length > 0)
                {
                    (types.TryGetValue(member.Type, out var text) ? text : types[member.Type] = []).Add(paragraph);
                }
            }
        }

        using var train = Open(Path.Combine(folder, TrainingFile));
        using var held = Open(Path.Combine(folder, ValidationFile));
        foreach (var (type, paragraphs) in types)
        {
            var to = IsHeld(type, validation) ? held : train;
            foreach (var paragraph in paragraphs)
            {
                to.WriteLine(paragraph);
            }

            to.WriteLine();
        }

        train.Flush();
        held.Flush();
        return new CorpusSummary(files.Count, members, types.Count, seen.Count, train.BaseStream.Length, held.BaseStream.Length);
    }

    /// <summary>Not the prototypes of processor intrinsics, <c>int8x8_t vld1_s8 (int8_t const * ptr)</c>.</summary>
    private static bool IsLanguage(string sentence) => sentence.Split(' ').Length >= FewestWords && !sentence.Contains('_');

    /// <summary>By the name alone: a type stays where it is when others come or go.</summary>
    private static bool IsHeld(string type, double share) =>
        BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(type))) < share * uint.MaxValue;

    private static StreamWriter Open(string path) => new(path, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
}
