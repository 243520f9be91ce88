namespace OnnxPipeline.Models;

/// <summary>Which ONNX the models that we build are written in: what Microsoft's last training runtime loads too.</summary>
internal static class BuiltModels
{
    /// <summary>The first with Gelu.</summary>
    public const int Opset = 20;

    public const int IrVersion = 9;
}
