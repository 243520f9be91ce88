using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OnnxPipeline.Ort;

/// <summary>
/// How many threads compute unless somebody says otherwise: the physical cores that this process may use (affinity and the container's
/// quota). The second hardware thread of a core brings matrix products nothing.
/// </summary>
public static partial class PhysicalCores
{
    /// <summary>At least 1.</summary>
    public static int Count { get; } = Math.Clamp(Known(), 1, Environment.ProcessorCount);

    private static int Known()
    {
        try
        {
            return OperatingSystem.IsLinux() ? OnLinux() : OperatingSystem.IsWindows() ? OnWindows() : Environment.ProcessorCount; // a Mac has one thread a core
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return Environment.ProcessorCount; // a container that hides its processors
        }
    }

    private static int OnLinux()
    {
        const string Allowed = "Cpus_allowed_list:";
        var list = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith(Allowed, StringComparison.Ordinal))?[Allowed.Length..]
            ?? throw new FormatException("no list of processors");
        return Numbers(list).Select(cpu => File.ReadAllText($"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").Trim()).Distinct().Count();
    }

    /// <summary>The kernel's lists: <c>0-3,8</c>.</summary>
    internal static IEnumerable<int> Numbers(string list) =>
        from part in list.Split(',')
        let ends = part.Split('-')
        let first = int.Parse(ends[0])
        from number in Enumerable.Range(first, int.Parse(ends[^1]) - first + 1)
        select number;

    [SupportedOSPlatform("windows")]
    private static int OnWindows()
    {
        uint bytes = 0;
        GetLogicalProcessorInformation(null, ref bytes);
        var entries = new ProcessorInformation[bytes / Marshal.SizeOf<ProcessorInformation>()];
        using var process = Process.GetCurrentProcess();
        var mine = process.ProcessorAffinity;
        return GetLogicalProcessorInformation(entries, ref bytes)
            ? entries.Count(entry => entry.Relationship == 0 && (entry.Mask & mine) != 0) // 0: the entry is a core
            : Environment.ProcessorCount;
    }

    [LibraryImport("kernel32", EntryPoint = "GetLogicalProcessorInformation")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetLogicalProcessorInformation([Out] ProcessorInformation[]? entries, ref uint bytes);

    [StructLayout(LayoutKind.Sequential)]
    private struct ProcessorInformation
    {
        public nint Mask;
        public int Relationship;
        public long First;
        public long Second;
    }
}
