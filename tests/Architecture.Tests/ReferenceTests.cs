using System.Reflection;
using NUnit.Framework;

namespace OnnxPipeline.Architecture.Tests;

/// <summary>Who may see whom. Transitive project references are off, so what a project file does not name its code cannot use.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] AllButCli =
        ["Artifacts", "Autodiff", "Client", "Files", "Inference", "Ir", "Kernels", "Models", "Ort", "Protos", "Server", "Serving", "Text", "Training"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Files"] = [],
        ["Kernels"] = [],
        ["Protos"] = [],
        ["Ir"] = ["Files"],
        ["Text"] = ["Files"],
        ["Autodiff"] = ["Ir", "Files"],
        ["Artifacts"] = ["Ir", "Autodiff", "Files"],
        ["Models"] = ["Ir", "Files"],
        ["Ort"] = ["Ir", "Files", "Kernels"],
        ["Inference"] = ["Ort", "Text", "Files"],
        ["Training"] = ["Ir", "Artifacts", "Models", "Text", "Ort", "Inference", "Files"],
        ["Serving"] = ["Inference", "Ort", "Text", "Files"],
        ["Client"] = ["Protos"],
        ["Server"] = ["Serving", "Protos", "Files"],
        ["Pipelines"] = AllButCli,
        ["Cli"] = [.. AllButCli, "Pipelines"],
    };

    [Test]
    public void Rooms_AllOfSrc_StandInTheTable() => Assert.That(Repository.Rooms, Is.EquivalentTo(Allowed.Keys));

    [TestCaseSource(typeof(Repository), nameof(Repository.Rooms))]
    public void ProjectReferences_OfARoom_AreAllowed(string room)
    {
        var references = Repository.Project(room).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.That(references, Is.SubsetOf(Allowed[room]));
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.Rooms))]
    public void AssemblyReferences_OfARoom_ReachOnnxRuntimeAndGrpcOnlyWhereTheyBelong(string room)
    {
        var names = Repository.Assembly(room).GetReferencedAssemblies().Select(name => name.Name!).ToArray();
        if (room != "Ort")
        {
            Assert.That(names, Has.None.StartsWith("Microsoft.ML.OnnxRuntime"));
        }

        if (room is not ("Protos" or "Client" or "Server" or "Pipelines" or "Cli"))
        {
            Assert.That(names, Has.None.StartsWith("Grpc."));
            Assert.That(names, Has.None.StartsWith("Microsoft.AspNetCore"));
        }
    }

    [Test]
    public void PublicApi_OfOrt_ShowsNoTypeOfOnnxRuntime()
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        var shown = from type in Repository.Assembly("Ort").GetExportedTypes()
                    from member in type.GetMembers(Declared).Where(IsVisible)
                    from used in TypesOf(member)
                    where used.Namespace?.StartsWith("Microsoft.ML.OnnxRuntime", StringComparison.Ordinal) == true
                    select $"{type.Name}.{member.Name}: {used.Name}";
        Assert.That(shown, Is.Empty);
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        _ => false, // properties and events show through their methods, nested types are exported types of their own
    };

    private static IEnumerable<Type> TypesOf(MemberInfo member)
    {
        IEnumerable<Type> direct = member switch
        {
            MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(p => p.ParameterType)],
            MethodBase constructor => constructor.GetParameters().Select(p => p.ParameterType),
            FieldInfo field => [field.FieldType],
            _ => [],
        };
        return direct.SelectMany(Parts);
    }

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.GetGenericArguments().SelectMany(Parts).Prepend(type);
}
