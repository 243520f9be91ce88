using OnnxPipeline.Files;
using OnnxPipeline.Text;

namespace OnnxPipeline.Cli.Verbs;

internal static class TokenizerTrainVerb
{
    public static Verb Create()
    {
        var kind = Flags.Required(Flags.Choice("--kind", "bpe: byte-level BPE as GPT-2's; char: characters; wordpiece: WordPiece as BERT's.", [.. TokenizerTrainer.Kinds]));
        var size = Flags.Count("--vocab-size", "The greatest number of ids, special tokens included [char: every character; else it has to be given].", most: 1 << 24);
        var input = Flags.Required(Flags.Many("--input", "FILE|GLOB", "Text files, folders or globs."));
        var output = Flags.Out("Folder of the tokenizer.");
        var lowercase = Flags.Switch("--lowercase", "Lower the case of every text; wordpiece also takes accents off.");
        var least = Flags.Count("--min-frequency", "How often a pair of tokens (bpe, wordpiece) [2] or a character (char) [1] has to occur.");
        return new Verb("tokenizer train", "Make a tokenizer from text, as files that Hugging Face tools read.", "--kind bpe --vocab-size 8000 --input 'texts/*.txt' --out tokenizer", context =>
        {
            var training = new TokenizerTraining
            {
                Kind = context.Need(kind),
                VocabularySize = (int?)(context.Need(kind) == "char" ? context.Get(size) : context.Need(size, "--kind char")),
                MinFrequency = context.Get(least),
                Lowercase = context.Get(lowercase),
                Threads = context.Threads,
            };
            var files = TextFiles.Expand(context.Need(input));
            using var target = OutputTarget.Folder(context.Need(output), context.Force, context.Cancellation);
            var summary = TokenizerTrainer.Train(training, files, target.Path, context.Progress.Update, context.Cancellation);
            target.Commit();
            WarnOf(summary, training, context.Progress);
            context.Result.Write(summary, result => result.Table(["what", "found"],
            [
                ["tokenizer", target.FinalPath],
                ["kind", summary.Kind],
                ["ids", summary.VocabularySize.ToString()],
                ["merges", summary.Merges.ToString()],
                ["files", files.Count.ToString()],
                ["bytes", summary.Bytes.ToString()],
                [summary.Kind == "char" ? "different characters" : "different words", summary.DistinctWords.ToString()],
            ]));
        })
        {
            kind, size, input, output, lowercase, least,
        };
    }

    private static void WarnOf(TokenizerSummary summary, TokenizerTraining training, Progress progress)
    {
        if (summary.PassedOverBytes > summary.Bytes / 100)
        {
            progress.Warn(FormattableString.Invariant($"{100.0 * summary.PassedOverBytes / summary.Bytes:F1} % of the text stand in words that are too long to be language, and nothing was learned from them: data in text form, or text without a space or a punctuation mark. Leave such lines out, or part them."));
        }

        if (summary.LeftOutWords > 0)
        {
            progress.Warn(FormattableString.Invariant($"the text has more different words than are held: {summary.LeftOutWords} of its {summary.Words} words ({100.0 * summary.LeftOutWords / summary.Words:F1} %), rare ones, were left out, and the tokenizer is learned from {summary.DistinctWords} different ones."));
        }

        if (summary is { Kind: not "char", Merges: 0 })
        {
            var why = summary.VocabularySize >= training.VocabularySize
                ? $"the {summary.VocabularySize} ids of --vocab-size hold no more than the single ones; a greater size was wanted"
                : $"no two of them stand side by side in the words of the text {training.MinFrequency ?? 2} times; more text was wanted, with spaces between its words";
            progress.Warn($"nothing was merged, so that every token is one {(summary.Kind == "bpe" ? "byte" : "character")}: {why}.");
        }
    }
}
