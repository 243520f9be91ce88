using OnnxPipeline.Text;

namespace OnnxPipeline.Cli.Verbs;

internal static class TokenizerEncodeVerb
{
    public static Verb Create()
    {
        var folder = Flags.Required(Flags.Text("--tokenizer", "DIR", "A tokenizer folder or a model folder."));
        var plain = Flags.Switch("--no-special", "Add no special tokens.");
        var length = Flags.Count("--max-length", "The greatest number of ids of a text, special ones included; what is beyond goes to `overflow`.", most: int.MaxValue);
        return new Verb("tokenizer encode", "Turn the lines of standard input into ids, one JSON object a line.", "--tokenizer tokenizer < text.txt", context =>
        {
            var tokenizer = Tokenizer.Load(context.Need(folder));
            foreach (var line in context.Lines())
            {
                var text = tokenizer.Encode(line, addSpecial: !context.Get(plain), (int?)context.Get(length));
                context.Result.Item(new
                {
                    text.Ids,
                    text.TypeIds,
                    text.Tokens,
                    Offsets = text.Offsets.Select(offset => new[] { offset.Start, offset.End }),
                    Decoded = tokenizer.Decode(text.Ids),
                    text.Overflow,
                });
            }
        })
        {
            folder, plain, length,
        };
    }
}
