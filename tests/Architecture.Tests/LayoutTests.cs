using System.Text.RegularExpressions;
using NUnit.Framework;

namespace OnnxPipeline.Architecture.Tests;

public sealed partial class LayoutTests
{
    [Test]
    public void TestProjects_All_MirrorARoom() =>
        Assert.That(Repository.TestProjects.Select(name => name[..^".Tests".Length]), Is.EquivalentTo(Repository.Rooms.Except(["Protos"]).Concat(["Architecture", "EndToEnd"])));

    [Test]
    public void Solution_EveryProject_IsInIt()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root.FullName, "OnnxPipeline.sln")).Replace('\\', '/');
        var projects = Repository.Files(pattern: "*.csproj").Select(Repository.Relative).Where(p => !p.StartsWith("tests/Benchmarks/", StringComparison.Ordinal));
        Assert.That(projects.Where(p => !solution.Contains($"\"{p}\"")), Is.Empty);
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Rooms))]
    public void SourceFiles_OfARoom_AreNamedAfterTheirOnePublicType(string room)
    {
        var wrong = from file in Repository.Files(Path.Combine("src", room), "*.cs")
                    let text = File.ReadAllText(file.FullName)
                    let name = file.Name.Split('.')[0]
                    let types = TypeDeclaration().Matches(text)
                    let shown = types.Where(t => t.Groups["access"].Value == "public").DefaultIfEmpty(types.FirstOrDefault(t => t.Groups["name"].Value == name))
                    where types.Count > 0 && !shown.All(t => t is not null && (t.Groups["name"].Value == name || IsCase(text, t.Groups["name"].Value, name)))
                    select Repository.Relative(file);
        Assert.That(wrong, Is.Empty);
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Rooms))]
    public void Types_OfARoom_AreAbstractOrSealed(string room)
    {
        if (room == "Protos")
        {
            return; // generated
        }

        var open = Repository.Assembly(room).GetTypes().Where(type => !type.IsAbstract && !type.IsSealed && !IsGenerated(type)).Select(type => type.FullName);
        Assert.That(open, Is.Empty);
    }

    [Test]
    public void Repository_TextFiles_NameNoMachine()
    {
        string[] paths = ["/" + "work/", "/" + "home/", "/" + "root/", "C:\\" + "Users\\"];
        var naming = from file in Repository.Files()
                     where file.Length < 4_000_000
                     let text = File.ReadAllText(file.FullName)
                     where !text.Contains('\0')
                     from path in paths
                     where text.Contains(path)
                     select $"{Repository.Relative(file)}: {path}";
        Assert.That(naming, Is.Empty);
    }

    [Test]
    public void PackageLocks_OfNode_NameThePublicRegistryOnly()
    {
        var others = from file in Repository.Files(pattern: "package-lock.json")
                     from line in File.ReadLines(file.FullName)
                     where line.Contains("\"resolved\"") && !line.Contains("\"https://registry.npmjs.org/")
                     select $"{Repository.Relative(file)}: {line.Trim()}";
        Assert.That(others, Is.Empty);
    }

    /// <summary>The cases of a closed union stand in the union's file.</summary>
    private static bool IsCase(string text, string type, string union) =>
        Regex.IsMatch(text, $@"^public abstract record {union}\b", RegexOptions.Multiline) && Regex.IsMatch(text, $@"^public sealed record {type}\b[^{{;]*: {union}\b", RegexOptions.Multiline);

    private static bool IsGenerated(Type type) =>
        type.FullName!.Contains('<') || (type.Namespace?.StartsWith("OnnxPipeline", StringComparison.Ordinal) != true)
        || (type.DeclaringType is { } outer && IsGenerated(outer));

    // Types stand at the left margin: namespaces are file-scoped.
    [GeneratedRegex(@"^(?<access>public|internal) (?:[a-z]+ )*?(?:class|record struct|record class|record|struct|interface|enum|delegate [^\s(]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();
}
