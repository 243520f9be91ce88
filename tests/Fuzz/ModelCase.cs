using OnnxPipeline.Artifacts;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;
using OnnxPipeline.Ir.Serialization;

namespace OnnxPipeline.Fuzz;

/// <summary>A damaged model, which follows from its number and the seed, on the way that every model goes.</summary>
public static class ModelCase
{
    /// <summary>How far the model came.</summary>
    public enum Stage
    {
        /// <summary>It was refused when it was read.</summary>
        Load,

        /// <summary>Types and shapes contradict each other.</summary>
        Infer,

        /// <summary>No artifacts can be made of it.</summary>
        Artifacts,

        /// <summary>There are artifacts.</summary>
        Done,
    }

    private static readonly string[] Losses = ["cross-entropy", "mse", "l1", "bce", "none"];

    /// <summary>Reads the model, infers, verifies and writes it, looks at it as <c>inspect</c> does and makes artifacts. Refusals are told by <see cref="PipelineException"/> and end the way; what else is thrown is a bug.</summary>
    /// <param name="folder">Is emptied.</param>
    public static Stage Run(int seed, int number, string folder)
    {
        var random = new Random(HashCode(seed, number));
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Delete(file);
        }

        File.WriteAllBytes(Path.Combine(folder, "data.bin"), new byte[1024]);
        var path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, Damaged(random));
        var stage = Stage.Load;
        try
        {
            var model = ModelFile.Load(path);
            stage = Stage.Infer;
            var inferred = ModelCopy.Of(model);
            ShapeInference.Infer(inferred);
            ModelVerifier.Check(inferred, path);
            _ = ModelFile.ToBytes(inferred);
            stage = Stage.Artifacts;
            _ = ModelReport.Of(model, [], [], known: null);
            using var target = OutputTarget.Folder(Path.Combine(folder, "artifacts"), force: true);
            var options = new ArtifactOptions
            {
                Loss = Losses[random.Next(2) == 0 ? 1 : random.Next(Losses.Length)],
                LossInput = model.Graph.Outputs.FirstOrDefault()?.Name,
                Target = random.Next(2) == 0 ? ArtifactTarget.Stock : ArtifactTarget.OrtTraining,
            };
            ArtifactWriter.Write(model, options, target);
            return Stage.Done;
        }
        catch (PipelineException e) when (e.Message.Length > 0)
        {
            return stage;
        }
    }

    /// <summary>The bytes of the damaged model.</summary>
    public static byte[] Bytes(int seed, int number) => Damaged(new Random(HashCode(seed, number)));

    private static byte[] Damaged(Random random)
    {
        var (one, other) = (Samples.Files[random.Next(Samples.Files.Count)], Samples.Files[random.Next(Samples.Files.Count)]);
        if (random.Next(3) == 0)
        {
            return Mutations.OfBytes[random.Next(Mutations.OfBytes.Count)](one, other, random);
        }

        var (tree, foreign) = (WireField.Model(one), WireField.Model(other));
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            Mutations.OfTrees[random.Next(Mutations.OfTrees.Count)](tree, foreign, random);
        }

        return tree.ToBytes();
    }

    /// <summary>The same in every process, unlike that of .NET.</summary>
    private static int HashCode(int seed, int number) => unchecked((seed * 1_000_003) ^ (number * 7_919));
}
