using System.Net;
using OnnxPipeline.Client;
using OnnxPipeline.Files;
using OnnxPipeline.Server;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Pipelines;

/// <summary>A repository served on a free port of this machine, and calls through the client.</summary>
internal static class ServedCall
{
    /// <param name="Inputs">Of one row of ids.</param>
    /// <param name="Position">The place in the row whose logits are wanted.</param>
    public sealed record Call(string Model, IReadOnlyList<NamedTensor> Inputs, int Position);

    /// <summary>What came over the wire: logits, one an id.</summary>
    public sealed record Answer(string Address, float[] Logits, TimeSpan Took);

    /// <summary>Serves, calls ModelInfer of each model once to warm up and once to measure, and drains.</summary>
    /// <exception cref="PipelineFailedException">The server did not answer.</exception>
    public static async Task<IReadOnlyList<Answer>> InferAsync(string repository, IReadOnlyList<Call> calls, int threads, CancellationToken cancellation)
    {
        using var models = ModelRepository.Open(repository, new ServingOptions { Threads = threads });
        await using var server = await InferenceServer.StartAsync(models, new ServerOptions { Address = IPAddress.Loopback, Port = 0 }, cancellation);
        var address = server.Addresses[0];
        using var client = InferenceClient.Connect(address);
        var answers = new List<Answer>();
        try
        {
            foreach (var call in calls)
            {
                ModelTensor[] tensors = [.. call.Inputs.Select(input => new ModelTensor(input.Name, input.Tensor.Type == ElementType.Int32 ? "INT32" : "INT64", input.Tensor.Dims, input.Tensor.Bytes))];
                await client.InferAsync(call.Model, tensors, cancellation: cancellation);
                var started = System.Diagnostics.Stopwatch.GetTimestamp();
                var answer = await client.InferAsync(call.Model, tensors, cancellation: cancellation);
                var took = System.Diagnostics.Stopwatch.GetElapsedTime(started);
                var logits = answer["logits"];
                var vocabulary = (int)logits.Shape[^1];
                answers.Add(new(address, logits.As<float>().Slice(call.Position * vocabulary, vocabulary).ToArray(), took));
            }

            await server.DrainAsync();
            return answers;
        }
        catch (InferenceException e)
        {
            throw new PipelineFailedException($"The server at {address} did not answer as it should: {e.Message}", e);
        }
    }
}
