using OnnxPipeline.Files;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Serving;
using TensorMetadata = OnnxPipeline.Protos.OpenInference.ModelMetadataResponse.Types.TensorMetadata;

namespace OnnxPipeline.Server.Mapping;

/// <summary>A model as the protocol describes it.</summary>
internal static class ModelDescription
{
    private const string Platform = "onnxruntime_onnx"; // what Triton calls it

    public static ModelMetadataResponse Of(ServedModel model, IReadOnlyList<int> versions) => new()
    {
        Name = model.Name,
        Versions = { versions.Select(version => version.ToString()) },
        Platform = Platform,
        Inputs = { model.Inputs.Select(Of) },
        Outputs = { model.Outputs.Select(Of) },
    };

    private static TensorMetadata Of(TensorInfo tensor) => new() { Name = tensor.Name, Datatype = Datatypes.NameOf(tensor.Type), Shape = { tensor.Dims } };
}
