using System.Net;
using OnnxPipeline.Server;
using OnnxPipeline.Serving;

namespace OnnxPipeline.Cli.Verbs;

internal static class ServeVerb
{
    public static Verb Create()
    {
        var repository = Flags.Required(Flags.Text("--repository", "DIR", "The models, each as NAME/VERSION/model.onnx."));
        var port = Flags.Count("--port", "gRPC, HTTP/2 without TLS; 0: a free one [8001].", least: 0, most: 65535);
        var host = Flags.Parsed<IPAddress?>("--host", "ADDRESS", "The address to listen on [0.0.0.0: all].", IPAddress.TryParse, "an IP address, such as 127.0.0.1");
        return new Verb("serve", "Serve models over gRPC (Open Inference Protocol) until SIGTERM or Ctrl-C, then finish the calls in flight.", "--repository repository --port 8001", async context =>
        {
            using var models = ModelRepository.Open(context.Need(repository), new ServingOptions { Threads = context.Threads, Device = context.Device });
            var options = new ServerOptions { Log = true };
            options = options with { Port = (int?)context.Get(port) ?? options.Port, Address = context.Get(host) ?? options.Address };
            await using var server = await InferenceServer.StartAsync(models, options, context.Cancellation);
            foreach (var model in models.Models)
            {
                context.Progress.Say($"model {model.Name} version {model.Version}: {string.Join(", ", model.Inputs)} -> {string.Join(", ", model.Outputs)}");
            }

            context.Progress.Say($"ready {string.Join(' ', server.Addresses)}");
            await Task.Delay(Timeout.Infinite, context.Cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.Progress.Say($"draining, {models.InFlight} calls in flight"); // a signal is how serving ends: exit code 0
            await server.DrainAsync();
        })
        {
            repository, port, host,
        };
    }
}
