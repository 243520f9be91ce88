using System.Diagnostics.CodeAnalysis;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>Validation at the entry of a kernel; after it, no access is checked again.</summary>
internal static class Lengths
{
    public static void Same(int wanted, int found, string name)
    {
        if (wanted != found)
        {
            Throw(wanted, found, name);
        }
    }

    [DoesNotReturn]
    private static void Throw(int wanted, int found, string name) =>
        throw new ArgumentException($"The span has {found} elements, {wanted} are needed to match the other spans.", name);
}
