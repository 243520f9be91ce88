using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnnxPipeline.Ort;

/// <summary>
/// Denormal numbers count as zero on this thread until <see cref="Dispose"/>. ONNX Runtime sets its own threads (<c>session.set_denormal_as_zero</c>)
/// and, once, the thread that made its first session; the thread that calls Run computes too, and would be slower by 10 times and give other
/// bits. Where the platform is not known here nothing is changed.
/// </summary>
internal unsafe ref partial struct DenormalScope : IDisposable
{
    private const int Size = 64; // fenv_t takes 8 to 32 bytes

    private readonly Saved _saved;
    private readonly bool _changed;

    private DenormalScope(bool known) : this()
    {
        Saved saved = default;
        if (!known || GetEnvironment(saved.Bytes) != 0)
        {
            return;
        }

        var wanted = saved;
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            *(uint*)(wanted.Bytes + 28) |= 0x8040; // MXCSR: flush to zero, denormals are zero
        }
        else
        {
            *(uint*)wanted.Bytes |= 1 << 24; // FPCR: flush to zero
        }

        _saved = saved;
        _changed = SetEnvironment(wanted.Bytes) == 0;
    }

    public static DenormalScope Enter() =>
        new(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64);

    public void Dispose()
    {
        if (_changed)
        {
            var saved = _saved;
            _ = SetEnvironment(saved.Bytes);
        }
    }

    [LibraryImport("libm.so.6", EntryPoint = "fegetenv")]
    [SuppressGCTransition]
    private static partial int GetEnvironment(byte* environment);

    [LibraryImport("libm.so.6", EntryPoint = "fesetenv")]
    [SuppressGCTransition]
    private static partial int SetEnvironment(byte* environment);

    private struct Saved
    {
        public fixed byte Bytes[Size];
    }
}
