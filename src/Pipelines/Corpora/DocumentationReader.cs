using System.Text;
using System.Xml;
using OnnxPipeline.Files;

namespace OnnxPipeline.Pipelines.Corpora;

/// <summary>Reads XML reference documentation as plain text: references become names, code blocks are left out.</summary>
internal static class DocumentationReader
{
    /// <summary>Text that is no language, or belongs to no sentence.</summary>
    private static readonly HashSet<string> Skipped = ["code", "table", "seealso", "inheritdoc", "include", "threadsafety"];

    /// <summary>Elements that do not end a sentence's line.</summary>
    private static readonly HashSet<string> Inline = ["see", "c", "paramref", "typeparamref", "a", "b", "i", "em", "strong", "sup", "sub"];

    /// <exception cref="FileFormatException">The file cannot be read or is no XML.</exception>
    public static IEnumerable<MemberText> Read(string path)
    {
        using var stream = InputFile.OpenRead(path);
        using var xml = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true, CloseInput = false });
        while (Guard(path, () => xml.ReadToFollowing("member")))
        {
            var name = xml.GetAttribute("name") ?? "";
            using var member = xml.ReadSubtree();
            var paragraphs = Guard(path, () => Paragraphs(member));
            if (TypeOf(name) is { } type)
            {
                yield return new MemberText(type, paragraphs);
            }
        }
    }

    /// <summary><c>M:System.Text.Rune.TryEncode(…)</c> is of <c>System.Text.Rune</c>, <c>T:System.Text.Rune</c> as well; null for namespaces and what is no name.</summary>
    internal static string? TypeOf(string member)
    {
        if (member.Length < 3 || member[1] != ':')
        {
            return null;
        }

        var name = member[2..].Split('(', '~')[0];
        return member[0] switch
        {
            'T' => name,
            'M' or 'P' or 'F' or 'E' when name.LastIndexOf('.') is > 0 and var dot => name[..dot],
            _ => null,
        };
    }

    private static List<string> Paragraphs(XmlReader member)
    {
        var (paragraphs, text) = (new List<string>(), new StringBuilder());
        member.Read(); // the member itself
        for (var more = member.Read(); more;)
        {
            switch (member.NodeType)
            {
                case XmlNodeType.Element when Skipped.Contains(member.Name):
                    member.Skip();
                    continue;
                case XmlNodeType.Element:
                    if (!Inline.Contains(member.Name))
                    {
                        End(text, paragraphs);
                    }

                    text.Append(Reference(member));
                    break;
                case XmlNodeType.EndElement when !Inline.Contains(member.Name):
                    End(text, paragraphs);
                    break;
                case XmlNodeType.Text or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    text.Append(member.Value);
                    break;
            }

            more = member.Read();
        }

        End(text, paragraphs);
        return paragraphs;
    }

    /// <summary>The word that an empty element stands for.</summary>
    private static string Reference(XmlReader element)
    {
        if (!element.IsEmptyElement)
        {
            return "";
        }

        var name = element.GetAttribute("langword") ?? element.GetAttribute("name") ?? element.GetAttribute("cref");
        if (name is null)
        {
            return " ";
        }

        // T:System.Collections.Generic.List`1 is List, M:System.String.Substring(System.Int32) is String.Substring.
        var word = name.Length > 2 && name[1] == ':' ? name[2..] : name;
        var parts = word.Split('(')[0].Split('.');
        var kept = parts.TakeLast(name.StartsWith("T:", StringComparison.Ordinal) || !name.Contains(':') || parts.Contains("#ctor") ? 1 : 2);
        return string.Join('.', kept.Select(part => part.Split('`')[0])).Replace("#ctor", parts.Length > 1 ? parts[^2].Split('`')[0] : "");
    }

    private static void End(StringBuilder text, List<string> paragraphs)
    {
        var words = text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        text.Clear();
        if (words.Length > 0)
        {
            paragraphs.Add(string.Join(' ', words));
        }
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (XmlException e)
        {
            throw new FileFormatException($"{path} is no XML documentation: {e.Message}", e);
        }
    }
}
