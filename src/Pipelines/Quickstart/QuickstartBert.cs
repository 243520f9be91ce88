using OnnxPipeline.Files;
using OnnxPipeline.Inference;
using OnnxPipeline.Ort;
using OnnxPipeline.Text;
using OnnxPipeline.Training;

namespace OnnxPipeline.Pipelines;

/// <summary>
/// The part of a quickstart that is about masked language models: a WordPiece tokenizer and a small BERT of the same text, the share of masked tokens that
/// it finds, its export into the same repository, and masks that it fills.
/// </summary>
internal sealed class QuickstartBert : IDisposable
{
    /// <summary>Of the model in the repository.</summary>
    public const string Name = "quickstart-bert";

    private const int VocabularySize = 2048, Layers = 4, Heads = 4, Width = 128, Block = 64, Batch = 16;
    private const double Rate = 1e-3, ShareOfTime = 0.7;

    private readonly IReadOnlyList<string> _texts;

    private QuickstartBert(RunResult run, string folder, TextModel model, double? accuracy, double guess, IReadOnlyList<string> texts) =>
        (Run, Folder, Model, Accuracy, Guess, _texts) = (run, folder, model, accuracy, guess, texts);

    public RunResult Run { get; }

    /// <summary>The exported model.</summary>
    public string Folder { get; }

    public TextModel Model { get; }

    /// <summary>The share of masked tokens of the validation text that the model finds; null where the text is one document, of which none can be kept.</summary>
    public double? Accuracy { get; }

    /// <summary>The share that is the most frequent token.</summary>
    public double Guess { get; }

    /// <summary>The texts, each with what the model puts in the place of the mask first.</summary>
    public IEnumerable<string> Filled => _texts.Select(text => $"{text} → {MaskFilling.Fill(Model, text, 1)[0][0].Token}");

    /// <summary>Two stages: training, and what came of it.</summary>
    /// <param name="folder">Takes <c>bert/</c>.</param>
    /// <param name="repository">Takes the exported model.</param>
    public static QuickstartBert Make(QuickstartText text, QuickstartFolder folder, string repository, QuickstartOptions options, Stages stages, CancellationToken cancellation)
    {
        var length = RunLength.Of(options, ShareOfTime);
        stages.Begin("BERT", $"WordPiece and masked tokens on the same text, {Layers} layers, {Heads} heads, {Width} wide, for {length}");
        var (home, tokens) = (folder["bert"], Path.Combine(folder["bert"], "tokenizer"));
        Directory.CreateDirectory(tokens);
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "wordpiece", VocabularySize = VocabularySize, Lowercase = true, Threads = options.Threads }, text.Files, tokens, stages.Update, cancellation);
        var tokenizer = Tokenizer.Load(tokens);
        var config = Path.Combine(home, "config.json");
        File.WriteAllText(config, $$"""
            {
              "model_type": "bert",
              "vocab_size": {{tokenizer.VocabularySize}},
              "max_position_embeddings": {{Block}},
              "hidden_size": {{Width}},
              "num_hidden_layers": {{Layers}},
              "num_attention_heads": {{Heads}},
              "intermediate_size": {{4 * Width}},
              "hidden_dropout_prob": 0,
              "attention_probs_dropout_prob": 0,
              "initializer_range": 0.06,
              "pad_token_id": {{tokenizer.PadId}}
            }

            """);
        var run = Path.Combine(home, "run");
        var settings = Configuration(text, config, tokens, length, options);
        var result = TrainRun.Start(settings, Pretraining.Parts(settings, null, stages.Update, stages.Say, cancellation), run, force: false, stages, cancellation);
        stages.End($"{result.Step:#,0} steps, {result.Tokens / 1e3:#,0} thousand masked tokens");

        stages.Begin("Masks", "how many masked tokens it finds, on text it has not seen");
        var (training, validation, held) = text.Tokens(files => TokenCache.Open(files, tokenizer, TokenCache.DefaultFolder, null, options.Threads, stages.Update, cancellation));
        using var parts = held;
        var guess = Unigram.Accuracy(training, validation, tokenizer.VocabularySize);
        var accuracy = MetricsFile.Read(Path.Combine(run, "metrics.csv")).LastOrDefault(row => row.Split == "eval")?.Metrics[0];
        using var target = OutputTarget.Folder(Path.Combine(repository, Name, "1"), force: false, cancellation);
        var export = RunExport.OfRun(run, null, target);
        var bert = new QuickstartBert(result, export.Folder, TextModel.Open(export.Folder, new SessionSettings { Threads = options.Threads }), accuracy, guess, Texts(text, validation, tokenizer));
        foreach (var masked in bert._texts)
        {
            stages.Say($"{masked} → {string.Join(", ", MaskFilling.Fill(bert.Model, masked, 3, cancellation)[0].Select(found => $"{found.Token} {found.Score:0 %}"))}");
        }

        stages.End(accuracy is null ? "the text is one document: none is kept to count on" : $"{accuracy:0.0 %} of the masked tokens found; the most frequent token is {guess:0.0 %} of them");
        return bert;
    }

    /// <summary>The first text as ids, and where its mask is.</summary>
    public (string Text, int[] Ids, int Position) Question()
    {
        int[] ids = [.. Model.Encode(_texts[0])];
        return (_texts[0], ids, Array.IndexOf(ids, Model.Tokenizer!.MaskId!.Value));
    }

    public void Dispose() => Model.Dispose();

    private static RunConfig Configuration(QuickstartText text, string config, string tokenizer, RunLength length, QuickstartOptions options)
    {
        // The documentation is taken as one text, and what is kept of it is a file; of a text of one's own some of the lines are kept, if it has lines.
        var whole = text.IsKnown || !HasLines(text.Files);
        return Pretraining.Resolved(Pretraining.Defaults with
        {
            Config = config,
            Tokenizer = tokenizer,
            Data = text.Files,
            Objective = "mlm",
            Documents = whole ? "file" : "line",
            Validation = whole && !text.IsKnown ? "0" : text.Validation,
            Block = Block,
            BatchSize = Batch,
            Lr = Rate,
            Warmup = Warmup.Parse("10%"),
            Steps = length.Steps,
            Minutes = length.Minutes,
            EvalEvery = options.Fast ? 150 : 500,
            SaveEvery = options.Fast ? 150 : 500,
            Seed = options.Seed,
            Threads = options.Threads,
        });
    }

    /// <summary>Whether the files have forty line ends or more.</summary>
    private static bool HasLines(IEnumerable<string> files)
    {
        var (lines, block) = (0, new byte[1 << 16]);
        foreach (var file in files)
        {
            using var stream = File.OpenRead(file);
            for (var read = stream.Read(block); read > 0 && lines < 40; read = stream.Read(block))
            {
                lines += block.AsSpan(0, read).Count((byte)'\n');
            }
        }

        return lines >= 40;
    }

    /// <summary>Texts with one mask each: sentences of the documentation, or of a text of one's own three places with a word taken out.</summary>
    private static IReadOnlyList<string> Texts(QuickstartText text, TokenPart validation, Tokenizer tokenizer)
    {
        var mask = tokenizer.Token(tokenizer.MaskId!.Value)!;
        if (text.IsKnown)
        {
            return [$"Gets the {mask} of elements in the collection.", $"The exception that is {mask} when the file cannot be found.", $"true if the two objects are {mask}; otherwise, false."];
        }

        var ids = new long[Math.Min(12, validation.Length)];
        return [.. Enumerable.Range(0, 3).Select(i =>
        {
            validation.CopyTo((validation.Length - ids.Length) * i / 3, ids);
            var half = ids.Length / 2;
            return $"{Words(ids.AsSpan(0, half))} {mask} {Words(ids.AsSpan(Math.Min(half + 1, ids.Length)))}".Trim();
        })];

        string Words(ReadOnlySpan<long> part) => tokenizer.Decode(part.ToArray().Select(id => (int)id));
    }
}
