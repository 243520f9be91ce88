using OnnxPipeline.Files;

namespace OnnxPipeline.Fuzz;

/// <summary>A damaged file of tensors: safetensors, npz, a checkpoint.</summary>
public static class TensorCase
{
    private static readonly string[] Names = ["t.safetensors", "t.npz", "t.checkpoint"];

    /// <summary>Reads all of it; false where it was refused. What is thrown but <see cref="PipelineException"/> is a bug.</summary>
    /// <param name="folder">Sound files are made in it if they are not there.</param>
    public static bool Run(int seed, int number, string folder)
    {
        var random = new Random(unchecked((seed * 1_000_003) ^ (number * 104_729)));
        var name = Names[number % Names.Length];
        var (good, path) = (Sound(folder, name), Path.Combine(folder, "damaged-" + name));
        var data = Mutations.OfBytes[random.Next(Mutations.OfBytes.Count)](good, Sound(folder, Names[random.Next(Names.Length)]), random);
        if (random.Next(2) == 0)
        {
            // The directory of the file is where it matters: the first bytes, of npz the last.
            var at = name.EndsWith(".npz", StringComparison.Ordinal) ? Math.Max(0, good.Length - random.Next(1, 300)) : random.Next(Math.Min(good.Length, 300));
            data = [.. good];
            data[at] = (byte)random.Next(256);
        }

        File.WriteAllBytes(path, data);
        try
        {
            if (name.EndsWith("checkpoint", StringComparison.Ordinal))
            {
                var checkpoint = OdtcCheckpoint.Read(path);
                _ = checkpoint.Trainable.Concat(checkpoint.Frozen).Sum(t => Total(t.Tensor));
            }
            else
            {
                var file = TensorFile.Open(path);
                _ = file.Names.Sum(n => Total(file[n]));
            }

            return true;
        }
        catch (PipelineException e) when (e.Message.Length > 0)
        {
            return false;
        }
    }

    private static long Total(Tensor tensor)
    {
        long sum = 0;
        foreach (var value in tensor.Bytes.Span)
        {
            sum += value;
        }

        return sum;
    }

    private static byte[] Sound(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path))
        {
            NamedTensor[] tensors = [new("a", Tensor.From<float>(new float[40], 5, 8)), new("b.c", Tensor.Vector(1L, 2L, 3L)), new("s", Tensor.Scalar(1f))];
            if (name.EndsWith("checkpoint", StringComparison.Ordinal))
            {
                new OdtcCheckpoint { Trainable = tensors[..1], Frozen = tensors[1..] }.Write(path);
            }
            else
            {
                TensorFile.Write(path, tensors);
            }
        }

        return File.ReadAllBytes(path);
    }
}
