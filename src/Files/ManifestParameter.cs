namespace OnnxPipeline.Files;

/// <param name="Name">Of the graph input.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Type">As in safetensors: <c>F32</c>.</param>
/// <param name="Trainable">False for frozen parameters.</param>
/// <param name="Ties">Initializers of the forward model that it stands for, besides its own name; null if none.</param>
/// <param name="Data">Its place in <c>inference_model.onnx.data</c>; null where the folder has no such file.</param>
public sealed record ManifestParameter(
    string Name, IReadOnlyList<long> Shape, string Type, bool Trainable, IReadOnlyList<string>? Ties = null, ManifestData? Data = null);
