using System.Reflection;

namespace OnnxPipeline.Cli;

/// <summary>The packages that the program was built with.</summary>
internal static class Packages
{
    /// <summary>Assembly → version, of all that our assemblies use and that is neither ours nor .NET's.</summary>
    public static SortedDictionary<string, string> Used()
    {
        var used = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>();
        var open = new Queue<AssemblyName>([typeof(Packages).Assembly.GetName()]);
        while (open.TryDequeue(out var name))
        {
            foreach (var reference in Assembly.Load(name).GetReferencedAssemblies().Where(reference => seen.Add(reference.Name!)))
            {
                if (reference.Name!.StartsWith("OnnxPipeline.", StringComparison.Ordinal))
                {
                    open.Enqueue(reference);
                }
                else if (!IsFramework(reference))
                {
                    used.Add(reference.Name, VersionOf(Assembly.Load(reference)));
                }
            }
        }

        return used;
    }

    /// <summary>The package's version; the one in the assembly's name often stays the same for years.</summary>
    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? assembly.GetName().Version!.ToString();

    private static bool IsFramework(AssemblyName name) =>
        File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, name.Name + ".dll")) || name.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
        || name.Name.StartsWith("Microsoft.Extensions", StringComparison.Ordinal);
}
