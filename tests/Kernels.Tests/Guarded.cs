using NUnit.Framework;

namespace OnnxPipeline.Kernels.Tests;

/// <summary>An array between guard elements, starting at no vector's alignment: writes past either end are found.</summary>
internal sealed class Guarded<T>
    where T : unmanaged, IEquatable<T>
{
    private const int Guard = 67; // odd: 268 bytes of floats
    private readonly T[] _memory;
    private readonly T _sentinel;

    public Guarded(ReadOnlySpan<T> values, T sentinel)
    {
        _memory = new T[values.Length + (2 * Guard)];
        _sentinel = sentinel;
        Array.Fill(_memory, sentinel);
        values.CopyTo(Span);
    }

    public Span<T> Span => _memory.AsSpan(Guard, _memory.Length - (2 * Guard));

    public void AssertIntact() => Assert.That(
        _memory.AsSpan(0, Guard).ContainsAnyExcept(_sentinel) || _memory.AsSpan(_memory.Length - Guard).ContainsAnyExcept(_sentinel), Is.False, "written outside");
}
