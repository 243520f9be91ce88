using OnnxPipeline.Text;

namespace OnnxPipeline.Cli.Verbs;

internal static class TokenizerDecodeVerb
{
    public static Verb Create()
    {
        var folder = Flags.Required(Flags.Text("--tokenizer", "DIR", "A tokenizer folder or a model folder."));
        var keep = Flags.Switch("--keep-special", "Write special tokens out.");
        return new Verb("tokenizer decode", "Turn lines of ids on standard input into text, one JSON object a line.", "--tokenizer tokenizer < ids.txt", context =>
        {
            var tokenizer = Tokenizer.Load(context.Need(folder));
            foreach (var (index, line) in context.Lines().Index())
            {
                context.Result.Item(new { Text = tokenizer.Decode(IdText.Parse(line, $"standard input, line {index + 1}"), context.Get(keep)) });
            }
        })
        {
            folder, keep,
        };
    }
}
