using System.Text;

namespace OnnxPipeline.Text.Tests;

/// <summary>A folder of one test's own.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("onnxpipe-text-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Folder(string name) => Directory.CreateDirectory(this[name]).FullName;

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
