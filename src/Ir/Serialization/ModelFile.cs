namespace OnnxPipeline.Ir.Serialization;

/// <summary>ONNX files: the only place where models meet protobuf.</summary>
public static class ModelFile
{
    /// <summary>Reads a model; large initializers stay in the memory-mapped file. Types are those that the file gives.</summary>
    /// <param name="followLinks">Whether external data may lie behind a link that leaves the model's folder.</param>
    /// <exception cref="Files.PipelineException">The file cannot be read, is no ONNX model, or breaks a rule of the format.</exception>
    public static Model Load(string path, bool followLinks = false) => throw new IrException($"{path}: not here yet.");

    /// <summary>The model as one block of bytes, every initializer inline; for models whose weights are inputs or small.</summary>
    public static byte[] ToBytes(Model model) => throw new IrException($"{model.Graph.Name}: not here yet.");

    /// <summary>
    /// Writes <paramref name="path"/>. Initializers are inline up to 1 GiB in all; above that they go to <c>&lt;path&gt;.data</c> beside it.
    /// The caller sees to it that a partial file does no harm (<see cref="Files.OutputTarget"/>).
    /// </summary>
    /// <param name="external">Initializers whose elements lie in another file, which the caller writes.</param>
    public static void Save(Model model, string path, ExternalData? external = null) => throw new IrException($"{path}: not here yet, {model.Graph.Name}, {external}.");
}
