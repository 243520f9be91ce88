using NUnit.Framework;
using OnnxPipeline.Ort.Engines.Devices;

namespace OnnxPipeline.Ort.Tests;

public sealed class CudaProviderTests
{
    [TestCase("[ErrorCode:Fail] /onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2043 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library /app/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory\n",
        ExpectedResult = "libcublasLt.so.13: cannot open shared object file: No such file or directory")]
    [TestCase("[ErrorCode:Fail] /onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:129 std::conditional_t<THRW, void, common::Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=here ; file=cuda_execution_provider.cc ; line=282 ; expr=cudaSetDevice(info_.device_id);",
        ExpectedResult = "CUDA error 100: no CUDA-capable device is detected")]
    [TestCase("[ErrorCode:InvalidArgument] Invalid device id", ExpectedResult = "Invalid device id")]
    public string Reason_AMessageOfTheRuntime_IsItsCause(string message) => CudaProvider.Reason(message);

    [Test]
    public void DeviceMemory_WithoutAGpu_SayInOneSentenceWhatIsMissing()
    {
        if (RuntimeReport.Take().CudaTrouble is null)
        {
            Assert.Ignore("Here is a GPU.");
        }

        Assert.That(() => new DeviceMemory(new SessionSettings { Device = Device.Cuda(), Kernels = false }).Dispose(),
            Throws.TypeOf<OrtException>().With.Message.StartsWith("The device cuda:0 cannot be used: ").And.Message.Not.Contain("onnxruntime_src").And.Message.Not.Contain("\n"));
    }
}
