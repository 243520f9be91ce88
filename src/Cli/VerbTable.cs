using System.CommandLine;
using OnnxPipeline.Cli.Verbs;

namespace OnnxPipeline.Cli;

/// <summary>Every verb, in the order in which help lists them.</summary>
internal static class VerbTable
{
    private static readonly Func<Verb>[] Verbs =
    [
        InspectVerb.Create,
        ArtifactsVerb.Create,
        RunVerb.Create,
        ModelCreateVerb.Create,
        TokenizerTrainVerb.Create,
        TokenizerEncodeVerb.Create,
        TokenizerDecodeVerb.Create,
        GenerateVerb.Create,
        FillMaskVerb.Create,
        QuickstartVerb.Create,
        ServeVerb.Create,
        TrainVerb.Create,
        PretrainVerb.Create,
        ExportVerb.Create,
        GradientsVerb.Create,
        DoctorVerb.Create,
    ];

    /// <summary>The first words of verbs that have two.</summary>
    private static readonly Dictionary<string, string> Groups = new()
    {
        ["model"] = "Make models.",
        ["tokenizer"] = "Train and use tokenizers.",
    };

    /// <summary>The words after <c>onnxpipe</c> of every verb.</summary>
    public static IEnumerable<string> Paths => Verbs.Select(create => create().Path);

    /// <summary>Adds every verb to the root, verbs of two words below their group.</summary>
    public static void AddTo(Command root)
    {
        var groups = new Dictionary<string, Command>();
        foreach (var create in Verbs)
        {
            var verb = create();
            var words = verb.Path.Split(' ');
            if (words.Length == 1)
            {
                root.Add(verb);
                continue;
            }

            if (!groups.TryGetValue(words[0], out var group))
            {
                groups[words[0]] = group = new Command(words[0], Groups[words[0]]);
                root.Add(group);
            }

            group.Add(verb);
        }
    }
}
