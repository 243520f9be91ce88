using System.Net;
using OnnxPipeline.Client;
using OnnxPipeline.Files;
using OnnxPipeline.Server;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Pipelines;

/// <summary>A repository served on a free port of this machine, and one call through the client.</summary>
internal static class ServedCall
{
    /// <summary>What came over the wire.</summary>
    public sealed record Answer(string Address, float[] Logits, TimeSpan Took);

    /// <summary>Serves, calls ModelInfer once to warm up and once to measure, and drains.</summary>
    /// <param name="inputs">Of one row of ids.</param>
    /// <returns>The logits after the last id.</returns>
    /// <exception cref="PipelineFailedException">The server did not answer.</exception>
    public static async Task<Answer> InferAsync(string repository, string model, IReadOnlyList<NamedTensor> inputs, int threads, CancellationToken cancellation)
    {
        using var models = ModelRepository.Open(repository, new ServingOptions { Threads = threads });
        await using var server = await InferenceServer.StartAsync(models, new ServerOptions { Address = IPAddress.Loopback, Port = 0 }, cancellation);
        var address = server.Addresses[0];
        using var client = InferenceClient.Connect(address);
        ModelTensor[] tensors = [.. inputs.Select(input => new ModelTensor(input.Name, input.Tensor.Type == ElementType.Int32 ? "INT32" : "INT64", input.Tensor.Dims, input.Tensor.Bytes))];
        try
        {
            await client.InferAsync(model, tensors, cancellation: cancellation);
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            var answer = await client.InferAsync(model, tensors, cancellation: cancellation);
            var took = System.Diagnostics.Stopwatch.GetElapsedTime(started);
            var logits = answer["logits"];
            await server.DrainAsync();
            return new Answer(address, logits.As<float>()[^(int)logits.Shape[^1]..].ToArray(), took);
        }
        catch (InferenceException e)
        {
            throw new PipelineFailedException($"The server at {address} did not answer as it should: {e.Message}", e);
        }
    }
}
