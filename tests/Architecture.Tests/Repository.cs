using System.Reflection;
using System.Xml.Linq;

namespace OnnxPipeline.Architecture.Tests;

/// <summary>The working tree that the tests were built from, and what they look at in it.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["bin", "obj", "node_modules", ".git", ".vs", "TestResults", "artifacts", "BenchmarkDotNet.Artifacts"];

    public static DirectoryInfo Root { get; } = FindRoot();

    /// <summary>The names of the folders of src.</summary>
    public static string[] Rooms { get; } = [.. Directory.GetDirectories(Path.Combine(Root.FullName, "src")).Select(d => Path.GetFileName(d)!).Order()];

    /// <summary>The names of the folders of tests that hold an NUnit project.</summary>
    public static string[] TestProjects { get; } = [.. Directory.GetDirectories(Path.Combine(Root.FullName, "tests"), "*.Tests").Select(d => Path.GetFileName(d)!).Order()];

    public static XDocument Project(string room) => XDocument.Load(Path.Combine(Root.FullName, "src", room, room + ".csproj"));

    public static Assembly Assembly(string room) => System.Reflection.Assembly.LoadFrom(AssemblyPath(room));

    public static string AssemblyPath(string room) => Path.Combine(AppContext.BaseDirectory, room == "Cli" ? "onnxpipe.dll" : $"OnnxPipeline.{room}.dll");

    /// <summary>The files of the repository below a folder: everything but build outputs, downloads and what the product writes.</summary>
    public static IEnumerable<FileInfo> Files(string folder = "", string pattern = "*") => Walk(new DirectoryInfo(Path.Combine(Root.FullName, folder)), pattern);

    public static string Relative(FileInfo file) => Path.GetRelativePath(Root.FullName, file.FullName).Replace('\\', '/');

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder, string pattern) => // .git is a file in a linked work tree
        folder.EnumerateFiles(pattern).Where(f => f.Name != ".git").Concat(folder.EnumerateDirectories()
            .Where(d => !NotOurs.Contains(d.Name) || (d.Name == "artifacts" && d.Parent!.FullName != Root.FullName))
            .SelectMany(d => Walk(d, pattern)));

    private static DirectoryInfo FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OnnxPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return folder ?? throw new DirectoryNotFoundException("These tests look at the repository: run them from a build inside it.");
    }
}
