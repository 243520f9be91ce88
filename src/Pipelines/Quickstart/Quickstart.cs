using System.Diagnostics;
using OnnxPipeline.Files;
using OnnxPipeline.Inference;
using OnnxPipeline.Ort;
using OnnxPipeline.Pipelines.Corpora;
using OnnxPipeline.Text;
using OnnxPipeline.Training;

namespace OnnxPipeline.Pipelines;

/// <summary>
/// The whole way in a few minutes and with nothing but the SDK: real text, a tokenizer, a small GPT pretrained on it, its loss curve and perplexity, its
/// export and the proof of it, generated text; a small BERT on the same text (<see cref="QuickstartBert"/>); a server and calls through the client.
/// </summary>
public static class Quickstart
{
    private const string Name = "quickstart";
    private const int VocabularySize = 2048, Layers = 4, Heads = 4, Width = 128, Block = 64, Batch = 12;
    private const double Rate = 3e-3, MostDifference = 1e-5;

    /// <summary>Goes the whole way.</summary>
    /// <param name="say">Takes a line that stays.</param>
    /// <param name="update">Takes a line that the next one replaces.</param>
    /// <exception cref="PipelineFailedException">There is no text, or the export is not what was trained (exit code 2). A gate that is not met is told in the result.</exception>
    public static async Task<QuickstartResult> RunAsync(QuickstartOptions options, Action<string> say, Action<string> update, CancellationToken cancellation = default)
    {
        var started = Stopwatch.GetTimestamp();
        var stages = new Stages(10, say, update);
        using var folder = QuickstartFolder.Create(options.Output, options.Force);
        say($"From plain text to a served model, in {folder.Path}\n");

        var text = QuickstartText.Take(options.Data, SdkDocumentation.Find(), folder["text"], stages, cancellation);
        var tokenizer = TrainTokenizer(text, folder, options, stages, cancellation);
        var (training, validation, held) = text.Tokens(files => TokenCache.Open(files, tokenizer, TokenCache.DefaultFolder, null, options.Threads, stages.Update, cancellation));
        using var tokens = held;
        stages.End($"{tokenizer.VocabularySize:#,0} tokens in the vocabulary; {training.Length:#,0} tokens of text to train on, {validation.Length:#,0} to validate on");

        var run = Train(text, tokenizer, folder, options, stages, cancellation);
        ShowCurve(folder, stages);

        stages.Begin("Perplexity", "how many tokens a model wavers between, on text it has not seen");
        var unigram = Unigram.Perplexity(training, validation, tokenizer.VocabularySize);
        var trigram = Trigram.Learn(training, tokenizer.VocabularySize).Perplexity(validation);
        var (perplexity, gate) = (Math.Exp(run.BestLoss ?? run.Loss ?? float.NaN), Gate(text, options));
        var isMet = perplexity * gate <= unigram;
        stages.Say($"{perplexity,6:0.0}  this GPT");
        stages.Say($"{trigram,6:0.0}  counted sequences of three tokens (interpolated Kneser–Ney), strong where phrases come again");
        stages.Say($"{unigram,6:0.0}  counted tokens");
        stages.End($"{unigram / perplexity:0.0} times better than frequencies{(gate > 0 ? $" (at least {gate:0.#} times wanted: {(isMet ? "met" : "NOT MET")})" : "")}");

        stages.Begin("Export", "a plain ONNX file with its tokenizer, as any ONNX Runtime takes it");
        var repository = folder["repository"];
        using var target = OutputTarget.Folder(Path.Combine(repository, Name, "1"), force: false, cancellation);
        var export = RunExport.OfRun(folder.Run, null, target);
        using var model = TextModel.Open(export.Folder, new SessionSettings { Threads = options.Threads });
        var difference = CheckExport(folder, export, model, validation, options, cancellation);
        stages.End($"{export.Bytes / 1e6:0.0} MB; its logits {Distance(difference)} those of the evaluation graph that was trained with");

        var texts = Generate(model, text, validation, tokenizer, options, stages, cancellation);
        using var bert = QuickstartBert.Make(text, folder, repository, options, stages, cancellation);
        var served = await Serve(repository, model, texts[0].Prompt, bert, options, stages, cancellation);
        folder.Complete();
        isMet &= !text.IsKnown || options.Fast || bert.Accuracy is null || bert.Accuracy > bert.Guess;
        return new QuickstartResult(
            folder.Path, export.Folder, repository, Path.Combine(folder.Run, "loss.svg"), tokenizer.VocabularySize, Parameters(folder),
            training.Length, validation.Length, run.Step, run.Tokens, perplexity, unigram, trigram, gate, bert.Folder, bert.Accuracy, bert.Guess, isMet, difference, served,
            [.. texts.Select(one => one.Prompt + one.Text)], [.. bert.Filled], run.Seconds + bert.Run.Seconds, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>By what factor the model must be better than frequencies: what is known of the SDK's text and the full time, else better at all.</summary>
    private static double Gate(QuickstartText text, QuickstartOptions options) => !text.IsKnown ? 0 : options.Fast ? 1 : 15; // of another text nothing is known

    private static Tokenizer TrainTokenizer(QuickstartText text, QuickstartFolder folder, QuickstartOptions options, Stages stages, CancellationToken cancellation)
    {
        stages.Begin("Tokenizer", "byte-level BPE, learned from that text");
        Directory.CreateDirectory(folder["tokenizer"]);
        TokenizerTrainer.Train(new TokenizerTraining { Kind = "bpe", VocabularySize = VocabularySize, Threads = options.Threads }, text.Files, folder["tokenizer"], stages.Update, cancellation);
        return Tokenizer.Load(folder["tokenizer"]);
    }

    private static RunResult Train(QuickstartText text, Tokenizer tokenizer, QuickstartFolder folder, QuickstartOptions options, Stages stages, CancellationToken cancellation)
    {
        var length = RunLength.Of(options);
        stages.Begin("Training", $"a GPT of {Layers} layers, {Heads} heads, {Width} wide, for {length} on {options.Threads} {(options.Threads == 1 ? "thread" : "threads")}");
        File.WriteAllText(folder["config.json"], $$"""
            {
              "model_type": "gpt2",
              "vocab_size": {{tokenizer.VocabularySize}},
              "n_positions": {{Block}},
              "n_embd": {{Width}},
              "n_layer": {{Layers}},
              "n_head": {{Heads}},
              "resid_pdrop": 0,
              "embd_pdrop": 0,
              "attn_pdrop": 0,
              "bos_token_id": {{tokenizer.BosId}},
              "eos_token_id": {{tokenizer.EosId}}
            }

            """);
        var config = Pretraining.Resolved(Pretraining.Defaults with
        {
            Config = folder["config.json"],
            Tokenizer = folder["tokenizer"],
            Data = text.Files,
            Validation = text.Validation,
            Block = Block,
            BatchSize = Batch,
            Lr = Rate,
            Steps = length.Steps,
            Minutes = length.Minutes,
            EvalEvery = options.Fast ? 250 : 500,
            SaveEvery = options.Fast ? 250 : 500,
            Seed = options.Seed,
            Threads = options.Threads,
        });
        var parts = Pretraining.Parts(config, null, stages.Update, stages.Say, cancellation);
        var result = TrainRun.Start(config, parts, folder.Run, force: false, stages, cancellation);
        stages.End($"{result.Step:#,0} steps, {result.Tokens / 1e6:0.00} million tokens, {result.Tokens / result.Seconds:#,0} a second");
        return result;
    }

    private static void ShowCurve(QuickstartFolder folder, Stages stages)
    {
        var rows = MetricsFile.Read(Path.Combine(folder.Run, "metrics.csv"));
        var points = rows.ToLookup(row => row.Split, row => (row.Step, (double)row.Loss));
        stages.Begin("Loss", "· training, ● validation");
        foreach (var line in LossCurve.Draw([.. points["train"]], [.. points["eval"]]))
        {
            stages.Say(line);
        }

        stages.End($"as a picture: {Path.Combine(folder.Run, "loss.svg")}");
    }

    private static double CheckExport(QuickstartFolder folder, RunExport export, TextModel model, TokenPart validation, QuickstartOptions options, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var artifacts = ArtifactFolder.Open(Path.Combine(folder.Run, "artifacts"));
        var parameters = TensorFile.Open(Path.Combine(folder.Run, "checkpoints", export.Checkpoint!, "model.safetensors"));
        var blocks = CausalBlocks.ForValidation(validation, Block);
        var cases = new List<ExportCheck.Case>();
        for (var block = 0; block < Math.Min(8, blocks.Count); block++)
        {
            var (ids, labels) = (new long[Block], new long[Block]);
            blocks.Inputs(0, block, ids);
            blocks.Labels(0, block, labels);
            cases.Add(new(model.Inputs(Array.ConvertAll(ids, id => (int)id)), new(artifacts.Manifest?.Loss?.Labels ?? "labels", Tensor.From<long>(labels, 1, Block))));
        }

        var difference = ExportCheck.MaxDifference(artifacts, parameters, Path.Combine(export.Folder, "model.onnx"), cases, options.Threads);
        return difference <= MostDifference
            ? difference
            : throw new PipelineFailedException($"The exported model {export.Folder} differs from what was trained by {difference}, at most {MostDifference} was wanted. This is a bug of onnxpipe; please report it.", exitCode: 2);
    }

    private static List<(string Prompt, string Text)> Generate(
        TextModel model, QuickstartText text, TokenPart validation, Tokenizer tokenizer, QuickstartOptions options, Stages stages, CancellationToken cancellation)
    {
        stages.Begin("Generation", "the model goes on with a few words");
        var settings = new GenerationOptions { MaxTokens = 48, Stop = ["\n"], Sampling = new Sampling { Temperature = 0.7, TopP = 0.9, Seed = options.Seed } };
        var texts = new List<(string, string)>();
        foreach (var prompt in text.IsKnown ? text.Prompts : Beginnings(validation, tokenizer))
        {
            var more = Generator.Generate(model, model.Encode(prompt), settings, stream: texts.Count, cancellation).Text!;
            texts.Add((prompt, more));
            stages.Say($"{prompt} →{more}");
        }

        stages.End("sampled with temperature 0.7, top-p 0.9");
        return texts;
    }

    /// <summary>The first tokens of three places of a text.</summary>
    private static IEnumerable<string> Beginnings(TokenPart part, Tokenizer tokenizer)
    {
        var ids = new long[Math.Min(8, part.Length)];
        for (var i = 0; i < 3; i++)
        {
            part.CopyTo((part.Length - ids.Length) * i / 3, ids);
            yield return tokenizer.Decode(ids.Select(id => (int)id)) is { Length: > 0 } text ? text : " ";
        }
    }

    private static async Task<double> Serve(string repository, TextModel model, string prompt, QuickstartBert bert, QuickstartOptions options, Stages stages, CancellationToken cancellation)
    {
        stages.Begin("Serving", "both over gRPC, as the Open Inference Protocol has it");
        int[] ids = [.. model.Encode(prompt).TakeLast(Block)];
        var masked = bert.Question();
        var answers = await ServedCall.InferAsync(
            repository, [new(Name, model.Inputs(ids), ids.Length - 1), new(QuickstartBert.Name, bert.Model.Inputs(masked.Ids), masked.Position)], options.Threads, cancellation);
        var difference = Math.Max(
            Difference(model.NextLogits(ids, cancellation), answers[0].Logits), Difference(bert.Model.LogitsAt(masked.Ids, [masked.Position], cancellation)[0], answers[1].Logits));
        stages.Say($"ModelInfer at {answers[0].Address}: after \"{prompt}\" comes {Likeliest(answers[0].Logits, model.Tokenizer!)}");
        stages.Say($"of {QuickstartBert.Name}: in \"{masked.Text}\" the mask is {Likeliest(answers[1].Logits, bert.Model.Tokenizer!)}");
        stages.End($"answered in {answers[0].Took.TotalMilliseconds:0.0} and {answers[1].Took.TotalMilliseconds:0.0} ms; the logits {Distance(difference)} those of the models in this process");
        return difference;
    }

    private static double Difference(float[] one, float[] other) => one.Length == other.Length ? one.Zip(other, (a, b) => Math.Abs((double)a - b)).Max() : double.PositiveInfinity;

    private static string Likeliest(float[] logits, Tokenizer tokenizer)
    {
        var greatest = logits.Max();
        var weights = logits.Select(logit => Math.Exp(logit - greatest)).ToArray();
        var sum = weights.Sum();
        return string.Join(", ", weights.Index().OrderByDescending(weight => weight.Item).Take(3).Select(weight => $"\"{tokenizer.Decode([weight.Index], keepSpecial: true)}\" {weight.Item / sum:0 %}"));
    }

    private static string Distance(double difference) => difference == 0 ? "are to the last bit" : $"differ by at most {difference:0.0e+0} from";

    private static long Parameters(QuickstartFolder folder) =>
        ArtifactFolder.Open(Path.Combine(folder.Run, "artifacts")).Manifest!.Parameters.Sum(parameter => parameter.Shape.Aggregate(1L, (count, dim) => count * dim));
}
