using System.Runtime.CompilerServices;

namespace OnnxPipeline.Kernels.Lanes;

/// <summary>How the loops over vectors are compiled.</summary>
internal static class Loop
{
    /// <summary>
    /// For every method that loops over vectors, one copy of it a lane. The JIT inlines small methods until a caller's budget is spent; with the loops of
    /// all lanes in one caller it was, and a call was left for each vector. So a loop is a method of its own, with a budget of its own, and is optimized
    /// from its first call on rather than after thirty (a step's kernel runs for milliseconds each time).
    /// </summary>
    public const MethodImplOptions OfItsOwn = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;
}
