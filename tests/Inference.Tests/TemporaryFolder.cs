namespace OnnxPipeline.Inference.Tests;

/// <summary>A folder of one test's own.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("onnxpipe-inference-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Write(string name, string content) => File.WriteAllText(this[name], content);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
