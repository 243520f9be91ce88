using System.Diagnostics;
using OnnxPipeline.Benchmarks.Steps;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Text;
using OnnxPipeline.Training;

namespace OnnxPipeline.Benchmarks.Datasets;

/// <summary>
/// How fast data sets larger than a cache become batches: rows of a safetensors file, text that becomes a file of ids, and that as blocks and as
/// masked examples. Everything that training does with them but the step itself, in shuffled order; each kind in a process of its own, so that
/// its memory shows. The files were just written, so that the disk is in it only as far as memory does not hold them.
/// </summary>
internal static class DatasetBenchmark
{
    private const int Width = 512, Batch = 32, Block = 256;

    private static readonly string[] Kinds = ["rows", "clm", "mlm"];

    /// <summary><c>[MB] [TEXT]</c>: makes the files (the text by repeating one that is given) and measures each kind.</summary>
    public static void Compare(string[] arguments)
    {
        var bytes = long.Parse(arguments.ElementAtOrDefault(0) ?? "1500") * 1_000_000;
        var folder = Directory.CreateTempSubdirectory("onnxpipe-data-").FullName;
        try
        {
            Made.Rows(Path.Combine(folder, "rows.safetensors"), bytes, Width);
            Made.Text(Path.Combine(folder, "text.txt"), bytes, arguments.ElementAtOrDefault(1));
            foreach (var kind in Kinds)
            {
                using var process = Process.Start(Environment.ProcessPath!, ["data-one", kind, folder]);
                process.WaitForExit();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary><c>rows|clm|mlm FOLDER</c>: one kind in this process.</summary>
    public static void One(string[] arguments)
    {
        var (kind, folder) = (arguments[0], arguments[1]);
        if (kind == "rows")
        {
            Rows(Path.Combine(folder, "rows.safetensors"));
        }
        else
        {
            Text(kind, folder);
        }
    }

    private static void Rows(string path)
    {
        TensorSpec[] inputs = [new("x", ElementType.Float, [-1, Width], ["rows", ""]), new("labels", ElementType.Int64, [-1], ["rows"])];
        var examples = new TensorExamples(path, inputs, null, new GraphDemands([new IndexRange("labels", 0, 9, -100, "")], []));
        Read("rows of safetensors", examples, inputs, new FileInfo(path).Length);
    }

    private static void Text(string kind, string folder)
    {
        var (text, tokens) = (Path.Combine(folder, "text.txt"), Directory.CreateDirectory(Path.Combine(folder, kind)).FullName);
        var bytes = new FileInfo(text).Length;
        TokenizerTrainer.Train(new() { Kind = kind == "clm" ? "bpe" : "wordpiece", VocabularySize = 16_000, Threads = PhysicalCores.Count }, [Path.Combine(folder, "sample.txt")], tokens);
        var tokenizer = Tokenizer.Load(tokens);

        var spent = Timer();
        var file = TokenCache.Open([text], tokenizer, Path.Combine(folder, kind), kind == "clm" ? null : DocumentEnd.BlankLine, PhysicalCores.Count);
        Print($"{kind}: text to ids", spent(), bytes, file.Count, "tokens");

        string[] names = kind == "clm" ? ["input_ids", "attention_mask", "labels"] : ["input_ids", "attention_mask", "token_type_ids", "labels"];
        TensorSpec[] inputs = [.. names.Select(name => new TensorSpec(name, ElementType.Int64, [-1, -1], ["batch", "sequence"]))];
        IExamples examples = kind == "clm"
            ? new CausalExamples(CausalBlocks.ForTraining(file.Whole, Block, 0), inputs, "labels")
            : new MaskedExamples(MaskedBlocks.ForTraining(FindDocuments(file, tokenizer, bytes), tokenizer, new Masking(tokenizer, 0.15, false), Block, pairs: false, 0), tokenizer.PadId ?? 0, inputs);
        Read($"{kind}: blocks of {Block}", examples, inputs, bytes);
    }

    private static Documents FindDocuments(TokenFile file, Tokenizer tokenizer, long bytes)
    {
        var spent = Timer();
        var documents = Documents.In(file, tokenizer);
        Print("mlm: its documents", spent(), bytes, documents.Count, "documents");
        return documents;
    }

    /// <summary>One epoch, in batches, as the loop asks for them.</summary>
    private static void Read(string what, IExamples examples, IReadOnlyList<TensorSpec> inputs, long bytes)
    {
        using var engine = new InputsAlone(inputs);
        var order = new DataOrder(0, 0, examples.Count);
        var rows = new long[Batch];
        long counted = 0;
        var spent = Timer();
        for (long at = 0; at < examples.Count; at += Batch)
        {
            var batch = rows.AsSpan(0, (int)Math.Min(Batch, examples.Count - at));
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i] = order[at + i];
            }

            counted += examples.Counted(0, batch);
            examples.Fill(engine, 0, batch);
        }

        Print(what, spent(), bytes, examples.Count, $"examples, {counted:#,0} {(examples.Unit == "tokens" ? "label positions" : examples.Unit)}");
    }

    /// <summary>Where other programs run too, the time of the processor says more than that of the clock.</summary>
    private static void Print(string what, (double Clock, double Processor) seconds, long bytes, long count, string unit)
    {
        Console.WriteLine($"{what}: {count:#,0} {unit} of {bytes / 1e6:0} MB");
        Console.WriteLine($"    clock     {seconds.Clock,7:0.0} s {bytes / 1e6 / seconds.Clock,8:0} MB/s {count / seconds.Clock,14:#,0}/s");
        Console.WriteLine($"    processor {seconds.Processor,7:0.0} s {bytes / 1e6 / seconds.Processor,8:0} MB/s {count / seconds.Processor,14:#,0}/s; VmHWM {Measured.Peak():0} MB, mapped files now {FilesInMemory():0} MB");
    }

    /// <summary>Gives, whenever it is asked, the seconds since now: of the clock and of all threads of this process.</summary>
    private static Func<(double Clock, double Processor)> Timer()
    {
        var (clock, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        return () => (Stopwatch.GetElapsedTime(clock).TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
    }

    /// <summary>Pages of mapped files, which the system takes back when it needs them, in 10⁶ bytes; they count in VmHWM.</summary>
    private static double FilesInMemory() => OperatingSystem.IsLinux()
        ? double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024 / 1e6
        : double.NaN;
}
