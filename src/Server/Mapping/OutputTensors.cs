using System.Globalization;
using Google.Protobuf;
using OnnxPipeline.Files;
using OnnxPipeline.Protos.OpenInference;
using OnnxPipeline.Serving;
using OutputTensor = OnnxPipeline.Protos.OpenInference.ModelInferResponse.Types.InferOutputTensor;

namespace OnnxPipeline.Server.Mapping;

/// <summary>The answer to a request: typed where the request was and every output can be, else raw. Raw elements are not copied.</summary>
internal static class OutputTensors
{
    public static ModelInferResponse Response(ModelInferRequest request, InferResult result)
    {
        var response = new ModelInferResponse { ModelName = result.Model.Name, ModelVersion = result.Model.Version.ToString(CultureInfo.InvariantCulture), Id = request.Id };
        var typed = request.Inputs.Count > 0 && request.RawInputContents.Count == 0 && result.Outputs.All(output => TypedContents.Holds(output.Tensor.Type));
        foreach (var (name, tensor) in result.Outputs)
        {
            var output = new OutputTensor { Name = name, Datatype = Datatypes.NameOf(tensor.Type), Shape = { tensor.Dims } };
            if (typed)
            {
                output.Contents = TypedContents.Write(tensor);
            }
            else
            {
                response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(tensor.Strings is { } strings ? RawStrings.Write(strings) : tensor.Bytes));
            }

            response.Outputs.Add(output);
        }

        return response;
    }
}
