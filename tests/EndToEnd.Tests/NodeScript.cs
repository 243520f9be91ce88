using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.EndToEnd.Tests;

/// <summary>The scripts of <c>tests/official-runtime</c>, which run ONNX Runtime as WebAssembly in Node.</summary>
internal static class NodeScript
{
    /// <summary>Where they lie.</summary>
    public static string Folder { get; } = FindFolder();

    /// <summary>Skips the test where Node or its packages are not installed.</summary>
    public static void Require()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "onnxruntime-web")))
        {
            Assert.Ignore("ONNX Runtime for Node is not installed: npm ci --prefix tests/official-runtime");
        }

        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            node.WaitForExit();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("Node is not installed; ONNX Runtime for it needs Node 20 or newer.");
        }
    }

    /// <summary>Runs a script to its end and reads what it printed.</summary>
    /// <param name="job">What the script takes; written to <paramref name="path"/>.</param>
    public static T Run<T>(string script, object job, string path)
    {
        File.WriteAllText(path, JsonSerializer.Serialize(job));
        var start = new ProcessStartInfo("node", [Path.Combine(Folder, script), path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(TimeSpan.FromMinutes(2)))
        {
            process.Kill();
            Assert.Fail($"{script} was still running after two minutes.");
        }

        Assert.That(process.ExitCode, Is.Zero, error.Result);
        return JsonSerializer.Deserialize<T>(output.Result, JsonSerializerOptions.Web)!;
    }

    /// <summary>A tensor as the scripts take it; int64 as text, for numbers of JavaScript are float64.</summary>
    public static object Described(Tensor tensor) => tensor.Type switch
    {
        ElementType.Float => new { type = "float32", dims = tensor.Dims, data = (Array)tensor.As<float>().ToArray() },
        ElementType.Int64 => new { type = "int64", dims = tensor.Dims, data = (Array)tensor.As<long>().ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture)).ToArray() },
        ElementType.Int32 => new { type = "int32", dims = tensor.Dims, data = (Array)tensor.As<int>().ToArray() },
        ElementType.Bool => new { type = "bool", dims = tensor.Dims, data = (Array)tensor.As<bool>().ToArray().Select(set => set ? 1 : 0).ToArray() },
        _ => throw new NotSupportedException($"The scripts take no {tensor.Type}."),
    };

    private static string FindFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OnnxPipeline.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder?.FullName ?? throw new InvalidOperationException("These tests run inside the repository."), "tests", "official-runtime");
    }
}
