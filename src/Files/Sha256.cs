using System.Security.Cryptography;

namespace OnnxPipeline.Files;

/// <summary>SHA-256 of files, as manifests and run records state it.</summary>
public static class Sha256
{
    /// <summary>64 lower-case hexadecimal digits; the file is read in pieces.</summary>
    /// <exception cref="FileFormatException">The file cannot be read.</exception>
    public static string Of(string path)
    {
        using var stream = InputFile.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
