using System.Diagnostics;
using System.Net;
using OnnxPipeline.Client;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;
using OnnxPipeline.Server;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Benchmarks;

/// <summary>
/// Calls per second of a bare session, of the repository (admission and checks), and of ModelInfer through the wire, with as many callers at
/// once. Server and client share this machine with the computation. Every round measures all three, so that noise meets them alike.
/// </summary>
internal static class ServingRate
{
    private const int Rounds = 5;
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(1);

    private delegate Task Call();

    /// <param name="model">An ONNX file whose inputs may be all zeros; null: a perceptron of 128, 256, 256, 10.</param>
    /// <param name="length">What the second and further varying dimensions are; the first is 1.</param>
    public static async Task Run(string? model, long length)
    {
        var folder = Directory.CreateTempSubdirectory("onnxpipe-rate-");
        try
        {
            var path = Path.Combine(folder.CreateSubdirectory("m").CreateSubdirectory("1").FullName, "model.onnx");
            if (model is null)
            {
                ModelFile.Save(Perceptron(128, 256, 256, 10), path);
            }
            else
            {
                File.Copy(model, path);
            }

            await Measure(folder.FullName, path, length);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task Measure(string folder, string path, long length)
    {
        using var session = Session.Open(path);
        using var repository = ModelRepository.Open(folder);
        await using var server = await InferenceServer.StartAsync(repository, new ServerOptions { Address = IPAddress.Loopback, Port = 0 });
        using var client = InferenceClient.Connect(server.Addresses[0]);
        NamedTensor[] inputs = [.. session.Inputs.Select(spec => Zeros(spec, length))];
        ModelTensor[] wire = [.. inputs.Select(input => new ModelTensor(input.Name, Datatypes.NameOf(input.Tensor.Type)!, input.Tensor.Dims, input.Tensor.Bytes))];
        string[] outputs = [.. session.Outputs.Select(output => output.Name)];
        Call[] calls =
        [
            () =>
            {
                session.Run(inputs, outputs);
                return Task.CompletedTask;
            },
            () => repository.InferAsync("m", "", inputs, []),
            () => client.InferAsync("m", wire),
        ];
        Console.WriteLine($"inputs {string.Join(", ", inputs.Select(input => $"{input.Name} {input.Tensor}"))}; {Environment.ProcessorCount} processors; the median of {Rounds} rounds, calls per second");
        Console.WriteLine($"{"callers",8}{"session",12}{"repository",12}{"ModelInfer",12}{"ModelInfer / session",22}");
        foreach (var callers in new[] { 1, 4, 32 })
        {
            var rates = calls.Select(_ => new List<double>()).ToArray();
            for (var round = -1; round < Rounds; round++) // the first one warms up
            {
                for (var i = 0; i < calls.Length; i++)
                {
                    var rate = await Rate(calls[i], callers);
                    if (round >= 0)
                    {
                        rates[i].Add(rate);
                    }
                }
            }

            var medians = rates.Select(all => all.Order().ElementAt(Rounds / 2)).ToArray();
            Console.WriteLine($"{callers,8}{medians[0],12:F0}{medians[1],12:F0}{medians[2],12:F0}{medians[2] / medians[0],22:F3}");
        }
    }

    private static async Task<double> Rate(Call call, int callers)
    {
        var (done, start) = (0L, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start) < Span)
            {
                await call();
                Interlocked.Increment(ref done);
            }
        })));
        return done / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static NamedTensor Zeros(TensorSpec spec, long length)
    {
        long[] dims = [.. spec.Dims.Select((dim, axis) => dim >= 0 ? dim : axis == 0 ? 1 : length)];
        return new(spec.Name, new Tensor(spec.Type, dims, new byte[spec.Type.ByteCount(dims.Aggregate(1L, (n, d) => n * d))]));
    }

    private static Model Perceptron(params ReadOnlySpan<int> widths)
    {
        var graph = new Graph("perceptron");
        var b = new GraphBuilder(graph, 18);
        var x = b.Input("x", ElementType.Float, ["batch", widths[0]]);
        for (var i = 1; i < widths.Length; i++)
        {
            var weight = b.Initializer($"w{i}", Tensor.From<float>(Data.Uniform(widths[i - 1] * widths[i], -0.1f, 0.1f), widths[i - 1], widths[i]));
            x = b.MatMul(x, weight);
            x = i + 1 < widths.Length ? b.Relu(x) : x;
        }

        b.Output(x, "y");
        return new Model(graph) { OpsetImports = { [""] = 18 } };
    }
}
