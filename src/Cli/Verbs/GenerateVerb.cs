using System.CommandLine;
using OnnxPipeline.Inference;
using OnnxPipeline.Text;

namespace OnnxPipeline.Cli.Verbs;

internal static class GenerateVerb
{
    public static Verb Create()
    {
        var folder = Flags.Required(Flags.Text("--model", "M", "A model folder, an inference folder, or an ONNX file."));
        var prompt = Flags.Many("--prompt", "T", "Text to go on with.");
        var ids = IdsFlag();
        var tokens = Flags.Count("--max-tokens", "The greatest number of new tokens [64].", most: int.MaxValue);
        var temperature = Flags.Number("--temperature", "Logits are divided by it; 0 takes the most probable token [0].", least: 0);
        var topK = Flags.Count("--top-k", "Choose among the N most probable tokens only.", most: int.MaxValue);
        var topP = Flags.Number("--top-p", "Choose among the most probable tokens that together have this probability.", least: 0, most: 1);
        var minP = Flags.Number("--min-p", "Choose among tokens with at least this share of the most probable one's probability.", least: 0, most: 1);
        var penalty = Flags.Number("--repetition-penalty", "Make tokens that are there already less probable; above 1 [1].", least: 1e-6);
        var stop = Flags.Many("--stop", "T", "End before this text.");
        var ignore = Flags.Switch("--ignore-eos", "Go on after a token that ends a text.");
        return new Verb("generate", "Let a model go on with texts, one JSON object a prompt.", "--model model --prompt 'Gets the' --max-tokens 40 --temperature 0.8 --top-p 0.95", context =>
        {
            var prompts = context.InOrder(prompt, ids);
            if (prompts.Count == 0)
            {
                throw new UsageException("--prompt or --ids is missing: give at least one prompt.");
            }

            var options = new GenerationOptions
            {
                MaxTokens = (int)(context.Get(tokens) ?? 64),
                Stop = context.Get(stop) ?? [],
                IgnoreEos = context.Get(ignore),
                Sampling = new Sampling
                {
                    Temperature = context.Get(temperature) ?? 0,
                    TopK = (int?)context.Get(topK),
                    TopP = context.Get(topP),
                    MinP = context.Get(minP),
                    RepetitionPenalty = context.Get(penalty) ?? 1,
                    Seed = context.Seed,
                },
            };
            using var model = TextModel.Open(context.Need(folder), context.Session);
            for (var i = 0; i < prompts.Count; i++)
            {
                var (option, value) = prompts[i];
                var start = option == ids ? IdText.Parse(value, "--ids") : model.Encode(value);
                if (start.Count > model.Positions)
                {
                    context.Progress.Warn($"Prompt {i + 1} has {start.Count} tokens; the model sees the last {model.Positions}.");
                }

                var text = Generator.Generate(model, start, options, stream: i, context.Cancellation);
                context.Result.Item(new
                {
                    text.PromptIds,
                    text.Ids,
                    text.Text,
                    text.LogProbs,
                    FinishReason = text.FinishReason.ToString().ToLowerInvariant(),
                });
            }
        })
        {
            folder, prompt, ids, tokens, temperature, topK, topP, minP, penalty, stop, ignore,
        };
    }

    private static Option<string[]> IdsFlag()
    {
        var ids = Flags.Many("--ids", "1,2,3", "Ids to go on with.");
        ids.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                try
                {
                    IdText.Parse(token.Value, "--ids");
                }
                catch (TextException e)
                {
                    result.AddError(e.Message);
                }
            }
        });
        return ids;
    }
}
