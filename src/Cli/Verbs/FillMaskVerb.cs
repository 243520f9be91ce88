using System.CommandLine;
using OnnxPipeline.Inference;

namespace OnnxPipeline.Cli.Verbs;

internal static class FillMaskVerb
{
    public static Verb Create()
    {
        var folder = Flags.Required(Flags.Text("--model", "DIR", "A model folder or an inference folder of a masked language model, with its tokenizer."));
        var texts = new Argument<string[]>("TEXT") { Description = "Texts with [MASK] (or what the tokenizer calls it) where a token is to be guessed; none: lines of standard input.", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => [] };
        var top = Flags.Count("--top", "Tokens per mask [5].", most: int.MaxValue);
        return new Verb("fill-mask", "Guess the masked tokens of texts, in JSON, one text a line.", "--model model --top 3 'Paris is the [MASK] of France.'", context =>
        {
            using var model = TextModel.Open(context.Need(folder), context.Session);
            foreach (var text in context.Need(texts) is { Length: > 0 } given ? given : context.Lines())
            {
                var masks = MaskFilling.Fill(model, text, (int)(context.Get(top) ?? 5), context.Cancellation);
                context.Result.Item(new { Text = text, Masks = masks });
            }
        })
        {
            folder, texts, top,
        };
    }
}
