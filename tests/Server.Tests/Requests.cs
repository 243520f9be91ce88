using Google.Protobuf;
using OnnxPipeline.Protos.OpenInference;
using InputTensor = OnnxPipeline.Protos.OpenInference.ModelInferRequest.Types.InferInputTensor;

namespace OnnxPipeline.Server.Tests;

/// <summary>ModelInfer requests by hand, right and wrong.</summary>
internal static class Requests
{
    public static ModelInferRequest Raw(string model, string datatype, byte[] raw, params long[] shape) => new()
    {
        ModelName = model,
        Inputs = { new InputTensor { Name = "x", Datatype = datatype, Shape = { shape } } },
        RawInputContents = { ByteString.CopyFrom(raw) },
    };

    public static ModelInferRequest Typed(string model, string datatype, InferTensorContents contents, params long[] shape) => new()
    {
        ModelName = model,
        Inputs = { new InputTensor { Name = "x", Datatype = datatype, Shape = { shape }, Contents = contents } },
    };
}
