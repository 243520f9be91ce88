using OnnxPipeline.Pipelines.Corpora;
using OnnxPipeline.Text;

namespace OnnxPipeline.Pipelines;

/// <summary>What a quickstart trains on.</summary>
/// <param name="Files">To train on; also to evaluate on where <paramref name="Validation"/> is a share of the text at its end.</param>
/// <param name="Validation">A file, or a share: the value of <c>pretrain --validation</c>.</param>
/// <param name="Prompts">Beginnings that the text makes one expect something of; none for a user's own text.</param>
internal sealed record QuickstartText(IReadOnlyList<string> Files, string Validation, IReadOnlyList<string> Prompts)
{
    private const double Share = 0.05;

    /// <summary>Whether it is the SDK's documentation, whose figures are known.</summary>
    public bool IsKnown => Prompts.Count > 0;

    /// <summary>The files that <paramref name="data"/> names, else a corpus made of the SDK's documentation.</summary>
    /// <param name="documentation">See <see cref="SdkDocumentation.Find"/>.</param>
    /// <exception cref="PipelineFailedException">There is no documentation and no data.</exception>
    public static QuickstartText Take(IReadOnlyList<string> data, IReadOnlyList<string> documentation, string folder, Stages stages, CancellationToken cancellation)
    {
        if (data.Count > 0)
        {
            var files = TextFiles.Expand(data).Select(Path.GetFullPath).ToList();
            stages.Begin("Text", $"{files.Count} of your files; the last {Share:0 %} is kept for validation");
            stages.End($"{files.Sum(file => new FileInfo(file).Length) / 1e6:0.0} MB");
            return new QuickstartText(files, $"{Share}", []);
        }

        if (documentation.Count == 0)
        {
            throw new PipelineFailedException(
                $"This machine has no reference documentation of the .NET SDK, which quickstart takes its text from: no packs/Microsoft.NETCore.App.Ref/*/ref/*/*.xml below {string.Join(", ", SdkDocumentation.Roots)}. "
                + "Install the SDK (not only the runtime), or give text of your own with --data.");
        }

        stages.Begin("Text", "real English that every .NET SDK carries: its reference documentation");
        Directory.CreateDirectory(folder);
        var summary = SdkCorpus.Write(documentation, folder, Share, cancellation);
        stages.End($"{summary.Members:#,0} members in {summary.Files} files: {summary.Sentences:#,0} different sentences, {summary.TrainingBytes / 1e6:0.0} MB to train on, "
            + $"{summary.ValidationBytes / 1e6:0.0} MB (other types) to validate on");
        return new QuickstartText(
            [Path.Combine(folder, SdkCorpus.TrainingFile)], Path.Combine(folder, SdkCorpus.ValidationFile),
            ["Gets the", "Returns a value that indicates whether", "The exception that is thrown when"]);
    }

    /// <summary>The tokens to train on and those to validate on.</summary>
    public (TokenPart Training, TokenPart Validation, IDisposable Held) Tokens(Func<IReadOnlyList<string>, TokenFile> open)
    {
        var all = open(Files);
        if (!File.Exists(Validation))
        {
            var (first, last) = all.Whole.SplitLast(Share);
            return (first, last, all);
        }

        var held = open([Validation]);
        return (all.Whole, held.Whole, new Both(all, held));
    }

    private sealed class Both(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }
    }
}
