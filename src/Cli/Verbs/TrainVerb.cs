using OnnxPipeline.Files;
using OnnxPipeline.Training;

namespace OnnxPipeline.Cli.Verbs;

internal static class TrainVerb
{
    public static Verb Create()
    {
        var flags = new TrainingFlags(new RunConfig { Verb = "train", Data = [] }, optimizer: "as the artifacts say");
        var artifacts = flags.Add(Flags.Text("--artifacts", "DIR", "Training artifacts; the run keeps a copy."), (c, folder) => c with { Artifacts = Path.GetFullPath(folder) });
        var data = flags.Add(Flags.Text("--data", "FILE", "Examples: a .safetensors or .npz file with an array for each input, labels included."), (c, file) => c with { Data = [Path.GetFullPath(file)] });
        flags.Add(Flags.Text("--eval-data", "FILE", "Examples to evaluate on, likewise [none]."), (c, file) => c with { EvalData = Path.GetFullPath(file) });
        flags.Add(Flags.Text("--checkpoint", "FILE", "Parameters to start from: a checkpoint of Microsoft's runtime, its optimizer state included, or the model.safetensors of a run [those of the artifacts]."), (c, file) => c with { Checkpoint = Path.GetFullPath(file) });
        var optimizer = flags.Optimizer;
        return flags.On(new Verb("train", "Train any artifacts on tensor files.", "--artifacts artifacts --data train.safetensors --epochs 3 --lr 1e-3 --out run", context => flags.Run(
            context,
            "train",
            () => ArtifactTraining.Defaults(ArtifactFolder.Open(context.Need(artifacts, "--resume")), context.Need(data, "--resume"), context.Get(optimizer)),
            (config, _) => ArtifactTraining.Parts(config))));
    }
}
