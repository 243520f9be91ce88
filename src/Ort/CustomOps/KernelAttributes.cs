using System.Runtime.InteropServices;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>The attributes of a node while its kernel is made.</summary>
internal readonly unsafe struct KernelAttributes(nint info)
{
    /// <summary>An integer attribute, or <paramref name="fallback"/> where it is absent.</summary>
    public long Int(string name, long fallback)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        var status = NativeApi.IntAttribute(info, (byte*)text, out var value);
        return Read(text, status) ? value : fallback;
    }

    /// <inheritdoc cref="Int"/>
    public float Float(string name, float fallback)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        var status = NativeApi.FloatAttribute(info, (byte*)text, out var value);
        return Read(text, status) ? value : fallback;
    }

    /// <inheritdoc cref="Int"/>
    public string Text(string name, string fallback)
    {
        const int Longest = 256;
        var text = Marshal.StringToCoTaskMemUTF8(name);
        var value = stackalloc byte[Longest];
        nuint size = Longest;
        var status = NativeApi.TextAttribute(info, (byte*)text, value, ref size);
        return Read(text, status) ? Marshal.PtrToStringUTF8((nint)value)! : fallback;
    }

    /// <summary>Empty where the node has none.</summary>
    public string NodeName
    {
        get
        {
            nuint size = 0;
            var status = NativeApi.NodeName(info, null, ref size); // asks for the size
            if (status != 0)
            {
                NativeApi.ReleaseStatus(status);
            }

            var text = new byte[size + 1];
            fixed (byte* start = text)
            {
                NativeApi.Check(NativeApi.NodeName(info, start, ref size));
                return Marshal.PtrToStringUTF8((nint)start)!;
            }
        }
    }

    private static bool Read(nint text, nint status)
    {
        Marshal.FreeCoTaskMem(text);
        if (status != 0)
        {
            NativeApi.ReleaseStatus(status);
        }

        return status == 0;
    }
}
