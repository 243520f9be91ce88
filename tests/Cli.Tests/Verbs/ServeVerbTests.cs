using NUnit.Framework;
using OnnxPipeline.Client;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Cli.Tests.Verbs;

public sealed class ServeVerbTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Serve_UntilInterrupted_IsReadyAnswersAndEndsWithZero()
    {
        var folder = Directory.CreateTempSubdirectory("onnxpipe-serve-");
        try
        {
            Save(Path.Combine(folder.CreateSubdirectory("same").CreateSubdirectory("1").FullName, "model.onnx"));
            using var interruption = new CancellationTokenSource();
            using var error = new StringWriter { NewLine = "\n" };
            using var terminal = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Synchronized(error), outputIsLive: false, errorIsLive: false);
            var run = CommandLine.RunAsync(["serve", "--repository", folder.FullName, "--host", "127.0.0.1", "--port", "0"], terminal, interruption.Token);
            using var client = InferenceClient.Connect(await Address(terminal, error, run), Patience);
            var answer = await client.InferAsync("same", [ModelTensor.From<float>("x", [1, 2], 2)]);
            Assert.That(answer["y"].As<float>().ToArray(), Is.EqualTo(new[] { 1f, 2 }));
            await interruption.CancelAsync();
            Assert.That(await run.WaitAsync(Patience), Is.Zero);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Serve_ModelWithoutAVersionFolder_IsNamed()
    {
        var folder = Directory.CreateTempSubdirectory("onnxpipe-serve-");
        try
        {
            var model = Path.Combine(folder.CreateSubdirectory("gpt").FullName, "model.onnx");
            File.WriteAllText(model, "");
            var call = await Call.Of("serve", "--repository", folder.FullName, "--port", "0").WaitAsync(Patience);
            Assert.That(call.Code, Is.EqualTo(1));
            Assert.That(call.Error, Does.StartWith("error: ").And.Contain(model).And.Contain(Path.Combine("gpt", "1")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> Address(Terminal terminal, StringWriter error, Task<int> run)
    {
        for (var end = DateTime.UtcNow + Patience; !run.IsCompleted && DateTime.UtcNow < end; await Task.Delay(10))
        {
            string text;
            lock (terminal.Error) // as the synchronized writer does
            {
                text = error.ToString();
            }

            if (text.Split('\n').SkipLast(1).FirstOrDefault(line => line.StartsWith("ready ", StringComparison.Ordinal)) is { } ready)
            {
                return ready["ready ".Length..];
            }
        }

        throw new AssertionException($"The server did not get ready: {error}");
    }

    private static void Save(string path)
    {
        var graph = new Graph("same");
        var b = new GraphBuilder(graph, 18);
        b.Output(b.Identity(b.Input("x", ElementType.Float, ["n"])), "y");
        ModelFile.Save(new Model(graph) { OpsetImports = { [""] = 18 } }, path);
    }
}
