namespace OnnxPipeline.Pipelines.Corpora;

/// <summary>Where the .NET SDK keeps the XML reference documentation of its libraries: <c>packs/Microsoft.NETCore.App.Ref/VERSION/ref/NET/*.xml</c>.</summary>
public static class SdkDocumentation
{
    private const string Pack = "Microsoft.NETCore.App.Ref";

    /// <summary>The files of the newest version below the first root that has any, ordered by name; none if there is no documentation.</summary>
    /// <param name="roots">Folders that .NET is installed in [<see cref="Roots"/>].</param>
    public static IReadOnlyList<string> Find(IEnumerable<string>? roots = null) =>
        (roots ?? Roots).Select(FilesBelow).FirstOrDefault(files => files.Count > 0) ?? [];

    /// <summary>The folders that may hold the SDK: that of the running runtime first.</summary>
    public static IReadOnlyList<string> Roots
    {
        get
        {
            string?[] candidates =
            [
                Parent(typeof(object).Assembly.Location, 4), // ROOT/shared/Microsoft.NETCore.App/VERSION/System.Private.CoreLib.dll
                Environment.GetEnvironmentVariable("DOTNET_ROOT"),
                Parent(Resolved(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")), 1),
                .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0)
                    .Select(folder => Parent(Resolved(Path.Combine(folder, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet")), 1)),
                Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet"),
                Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet"),
                "/usr/share/dotnet", "/usr/lib/dotnet", "/usr/local/share/dotnet",
            ];
            return [.. candidates.OfType<string>().Where(folder => folder.Length > 0 && Directory.Exists(folder)).Select(Path.GetFullPath).Distinct()];
        }
    }

    private static List<string> FilesBelow(string root)
    {
        var pack = Path.Combine(root, "packs", Pack);
        if (!Directory.Exists(pack))
        {
            return [];
        }

        var versions = Directory.GetDirectories(pack).OrderByDescending(folder => Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? version : new Version(0, 0));
        return versions
            .Select(version => Path.Combine(version, "ref"))
            .Where(Directory.Exists)
            .Select(folder => Directory.GetFiles(folder, "*.xml", SearchOption.AllDirectories).OrderBy(file => file, StringComparer.Ordinal).ToList())
            .FirstOrDefault(files => files.Count > 0) ?? [];
    }

    /// <summary>A file, links followed; null where there is none.</summary>
    private static string? Resolved(string? path) => path is null || !File.Exists(path) ? null
        : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    private static string? Parent(string? path, int levels)
    {
        for (; levels > 0 && path is { Length: > 0 }; levels--)
        {
            path = Path.GetDirectoryName(path);
        }

        return path;
    }
}
