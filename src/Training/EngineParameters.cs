using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>Parameters from outside an engine's own artifacts.</summary>
public static class EngineParameters
{
    /// <summary>Puts the parameters of an ODTC checkpoint, or of a tensor file that holds them by name, into the engine.</summary>
    /// <returns>The checkpoint; null for a tensor file.</returns>
    /// <exception cref="FileFormatException">It is nominal, lacks a parameter, or has one of another type or shape.</exception>
    public static OdtcCheckpoint? Load(ITrainingEngine engine, string checkpoint)
    {
        if (Path.GetExtension(checkpoint) is ".safetensors" or ".npz")
        {
            Checkpoints.LoadParameters(engine, checkpoint);
            return null;
        }

        var content = OdtcCheckpoint.Read(checkpoint);
        if (content.Nominal)
        {
            throw new FileFormatException($"{checkpoint} is nominal: it holds names and types, no values.");
        }

        var tensors = content.Trainable.Concat(content.Frozen).ToDictionary(t => t.Name, t => t.Tensor);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            var parameter = engine.Parameters[i];
            if (!tensors.TryGetValue(parameter.Name, out var tensor))
            {
                throw new FileFormatException($"{checkpoint} has no parameter '{parameter.Name}'; it belongs to another model. Its closest names are {string.Join(", ", Glob.Closest(parameter.Name, tensors.Keys))}.");
            }

            if (tensor.Type != parameter.Type || !tensor.Dims.SequenceEqual(parameter.Dims))
            {
                throw new FileFormatException($"{checkpoint}: '{parameter.Name}' is {tensor}, the model has {parameter.Type} {Tensor.Describe([.. parameter.Dims])}.");
            }

            engine.SetParameter(i, tensor.Bytes.Span);
        }

        return content;
    }
}
