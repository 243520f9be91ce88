using OnnxPipeline.Ort;
using OnnxPipeline.Pipelines;

namespace OnnxPipeline.Cli.Verbs;

internal static class QuickstartVerb
{
    public static Verb Create()
    {
        var fast = Flags.Switch("--fast", "A look at everything in under a minute.");
        var minutes = Flags.Number("--minutes", "Train the GPT so long, the BERT seven tenths of it [2; with --fast 0.4].", least: 0.01);
        var steps = Flags.Count("--steps", "Train the GPT and the BERT so many steps each, instead of --minutes: the same on a slow machine and a fast one.");
        var output = Flags.Text("--out", "DIR", "Where everything goes [artifacts/quickstart, or the next free number after it].");
        var data = Flags.Many("--data", "FILE|GLOB", "Text to train on [the .NET SDK's own reference documentation].");
        return new Verb("quickstart", "Pretrain a small GPT and a small BERT on real text, export them, generate and fill masks with them, serve both: the whole way in four minutes.", "--minutes 10", async context =>
        {
            if (context.Device != Device.Cpu)
            {
                throw new UsageException($"--device {context.Device}: the quickstart runs on the CPU; train and serve models of yours there.");
            }

            if (context.Get(steps) is not null && context.Get(minutes) is not null)
            {
                throw new UsageException("--steps and --minutes both say how long to train; give one of them.");
            }

            var options = new QuickstartOptions
            {
                Output = context.Get(output),
                Force = context.Force,
                Data = context.Get(data) ?? [],
                Fast = context.Get(fast),
                Minutes = context.Get(minutes),
                Steps = context.Get(steps),
                Seed = context.Seed,
                Threads = context.Threads,
            };
            var result = await Quickstart.RunAsync(options, context.Progress.Say, context.Progress.Update, context.Cancellation);
            context.ExitCode = result.GateMet ? ExitCodes.Done : ExitCodes.NotMet;
            context.Result.Write(result, written =>
            {
                written.Table(["what", "where"],
                [
                    ["model", result.Model],
                    ["masked model", result.MaskedModel],
                    ["repository", result.Repository],
                    ["runs, their metrics", $"{Path.Combine(result.Folder, "run")}, {Path.Combine(result.Folder, "bert", "run")}"],
                    ["loss curve", result.LossCurve],
                    ["tokenizer", Path.Combine(result.Folder, "tokenizer")],
                ]);
                written.Line("");
                written.Table(["model", "perplexity on the validation text"],
                [
                    ["GPT", $"{result.Perplexity:0.0}"],
                    ["trigram, interpolated Kneser–Ney", $"{result.TrigramPerplexity:0.0}"],
                    ["unigram", $"{result.UnigramPerplexity:0.0}"],
                ]);
                written.Line("");
                written.Table(["model", "masked tokens found"], [["BERT", result.MaskedAccuracy is null ? "not counted" : $"{result.MaskedAccuracy:0.0 %}"], ["the most frequent token", $"{result.UnigramAccuracy:0.0 %}"]]);
                written.Line("");
                written.Line($"{result.Seconds:0} seconds in all. Try next:");
                written.Line($"  {Command} generate --model {ShellWord.Of(result.Model)} --prompt 'Gets the' --temperature 0.8 --top-p 0.95");
                written.Line($"  {Command} fill-mask --model {ShellWord.Of(result.MaskedModel)} 'Gets the [MASK] of elements.'");
                written.Line($"  {Command} serve --repository {ShellWord.Of(result.Repository)} --port 8001");
                written.Line($"  {Command} inspect {ShellWord.Of(Path.Combine(result.Model, "model.onnx"))}");
                written.Line($"  {Command} quickstart --minutes 10");
            });
        })
        {
            fast, minutes, steps, output, data,
        };
    }

    /// <summary>How this program is called: the tool's name, else the path of what runs now.</summary>
    private static string Command
    {
        get
        {
            var program = Environment.ProcessPath ?? "onnxpipe";
            var isHost = Path.GetFileNameWithoutExtension(program) == "dotnet";
            var path = Path.GetRelativePath(Environment.CurrentDirectory, isHost ? typeof(QuickstartVerb).Assembly.Location : program);
            return isHost ? $"dotnet {ShellWord.Of(path)}" : path.StartsWith("..", StringComparison.Ordinal) ? "onnxpipe" : ShellWord.Of(path);
        }
    }
}
