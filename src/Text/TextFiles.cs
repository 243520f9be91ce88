using System.IO.Enumeration;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>Finds the text files that a user names.</summary>
public static class TextFiles
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = 0 };
    private static readonly EnumerationOptions Neighbours = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };

    /// <summary>
    /// The files that patterns name, in the order of the patterns, no file twice. A pattern is a file, a folder (all files below it but hidden
    /// ones, links to folders not followed) or a glob over paths (<see cref="Glob"/>: <c>*</c> crosses folders); the files of one pattern are
    /// ordered by path, character by character.
    /// </summary>
    /// <exception cref="TextException">A pattern names nothing; the message has the three closest files.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> patterns)
    {
        var files = new List<string>();
        var seen = new HashSet<string>();
        foreach (var pattern in patterns)
        {
            files.AddRange(Expand(pattern).Where(file => seen.Add(Path.GetFullPath(file))));
        }

        return files;
    }

    private static List<string> Expand(string pattern)
    {
        if (File.Exists(pattern))
        {
            return [pattern];
        }

        if (Directory.Exists(pattern))
        {
            return Below(pattern, Everything, _ => true) is { Count: > 0 } inside ? inside : throw new TextException($"{pattern} is a folder without files; text files were wanted.");
        }

        var wild = pattern.IndexOfAny(['*', '?']);
        var folder = Path.GetDirectoryName(wild < 0 ? pattern : pattern[..wild]) ?? Path.GetPathRoot(pattern) ?? "";
        if (folder.Length > 0 && !Directory.Exists(folder))
        {
            throw new TextException($"{pattern} matches no file: there is no folder {folder}.");
        }

        // What may match lies in folders that the pattern can begin with; a name without wildcards is not there, and only its neighbours are of interest.
        string Name(string path) => folder.Length == 0 ? Path.GetRelativePath(".", path) : path;
        var names = Below(folder.Length == 0 ? "." : folder, wild < 0 ? Neighbours : Everything, path => Glob.MatchesSomeAfter(Portable(pattern), Portable(Name(path)) + "/")).Select(Name).ToList();
        var matches = wild < 0 ? [] : names.Where(name => Glob.IsMatch(Portable(pattern), Portable(name))).ToList();
        if (matches.Count > 0)
        {
            return matches;
        }

        var closest = Glob.Closest(pattern, names.Take(10_000));
        throw new TextException($"{pattern} {(wild < 0 ? "does not exist" : "matches no file")}; {(closest.Count == 0 ? "there is none in that folder" : "the closest are " + string.Join(", ", closest))}.");
    }

    /// <summary>The files in a folder and those folders in it that <paramref name="enter"/> takes.</summary>
    private static List<string> Below(string folder, EnumerationOptions options, Func<string, bool> enter)
    {
        try
        {
            var files = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && entry.FileName[0] != '.',
                ShouldRecursePredicate = (ref FileSystemEntry entry) => entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0 && enter(entry.ToSpecifiedFullPath()),
            };
            return [.. files.OrderBy(Portable, StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TextException($"{folder} cannot be listed: {e.Message}", e);
        }
    }

    private static string Portable(string path) => path.Replace('\\', '/');
}
