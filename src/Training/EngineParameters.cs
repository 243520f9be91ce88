using OnnxPipeline.Files;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>Parameters from outside an engine's own artifacts.</summary>
public static class EngineParameters
{
    /// <summary>Puts the parameters of an ODTC checkpoint, or of a tensor file that holds them by name, into the engine.</summary>
    /// <returns>The checkpoint; null for a tensor file.</returns>
    /// <exception cref="FileFormatException">It cannot be read, or is nominal.</exception>
    /// <exception cref="TrainingException">It lacks a parameter, or has one of another type or shape.</exception>
    public static OdtcCheckpoint? Load(ITrainingEngine engine, string checkpoint)
    {
        if (Path.GetExtension(checkpoint) is ".safetensors" or ".npz")
        {
            var file = TensorFile.Open(checkpoint);
            Fill(engine, parameter => StoredTensor.Of(file, parameter.Name, parameter.Type, parameter.Dims));
            return null;
        }

        var content = OdtcCheckpoint.Read(checkpoint);
        if (content.Nominal)
        {
            throw new FileFormatException($"{checkpoint} is nominal: it holds names and types, no values.");
        }

        var tensors = content.Trainable.Concat(content.Frozen).ToDictionary(t => t.Name, t => t.Tensor);
        Fill(engine, parameter => StoredTensor.Checked(checkpoint, parameter.Name, tensors.GetValueOrDefault(parameter.Name), parameter.Type, parameter.Dims, tensors.Keys));
        return content;
    }

    private static void Fill(ITrainingEngine engine, Func<EngineParameter, Tensor> stored)
    {
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            engine.SetParameter(i, stored(engine.Parameters[i]).Bytes.Span);
        }
    }
}
