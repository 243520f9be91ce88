using System.Globalization;
using System.Text.RegularExpressions;

namespace OnnxPipeline.Serving;

/// <summary>
/// The layout <c>NAME/VERSION/model.onnx</c>. A version is a whole number from 1 without leading zeros; a version's folder may hold more, as
/// an exported inference folder does. Files beside model folders, folders beside versions, and what begins with a dot are left alone.
/// </summary>
internal static partial class RepositoryFolder
{
    private const string ModelFileName = Files.ModelPath.FileName;

    /// <summary>Every version of every model, by name and then number.</summary>
    /// <exception cref="ServingException">A level is missing, or there is no model at all; the message names the folder.</exception>
    public static IReadOnlyList<(string Name, int Version, string ModelPath)> Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw Wrong($"{folder}: {(File.Exists(folder) ? "is a file" : "does not exist")}; wanted a folder of models, each as NAME/VERSION/{ModelFileName}.");
        }

        RefuseModelAt(folder, $"a repository holds models, this folder is one: put its content into {Path.Combine(folder, "NAME", "1")}");
        var found = Folders(folder).SelectMany(Versions).ToArray();
        return found.Length > 0 ? found : throw Wrong($"{folder}: holds no model; wanted folders NAME/VERSION/{ModelFileName}, such as {Path.Combine(folder, "gpt", "1", ModelFileName)}.");
    }

    private static IEnumerable<(string Name, int Version, string ModelPath)> Versions(string model)
    {
        var name = Path.GetFileName(model);
        RefuseModelAt(model, IsVersion(name) ? $"if {name} is a version, serve the folder above the model's name" : $"put its content into {Path.Combine(model, "1")}");
        var versions = Folders(model).Where(path => IsVersion(Path.GetFileName(path))).Select(path => (Number: int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), Path: path)).OrderBy(version => version.Number).ToArray();
        if (versions.Length == 0)
        {
            throw Wrong($"{model}: holds no version; wanted a folder whose name is a number from 1, with {ModelFileName} in it, such as {Path.Combine(model, "1", ModelFileName)}.");
        }

        foreach (var (number, path) in versions)
        {
            var file = Path.Combine(path, ModelFileName);
            yield return File.Exists(file) ? (name, number, file) : throw Wrong($"{path}: holds no {ModelFileName}; wanted one in every version of '{name}'.");
        }
    }

    private static void RefuseModelAt(string folder, string advice)
    {
        if (File.Exists(Path.Combine(folder, ModelFileName)))
        {
            throw Wrong($"{Path.Combine(folder, ModelFileName)}: lies outside the layout NAME/VERSION/{ModelFileName}; {advice}.");
        }
    }

    private static IEnumerable<string> Folders(string folder) =>
        Directory.EnumerateDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal);

    private static bool IsVersion(string name) => VersionForm().IsMatch(name);

    private static ServingException Wrong(string text) => new(ServingErrorKind.Unavailable, text);

    [GeneratedRegex(@"^[1-9][0-9]{0,8}\z")]
    private static partial Regex VersionForm();
}
