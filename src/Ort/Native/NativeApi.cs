using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OnnxPipeline.Ort.Native;

/// <summary>
/// ONNX Runtime's C functions that the managed package does not offer: custom operators, and binding without a managed allocation for each call.
/// The table is asked for in version 19, the oldest native library that this project runs on.
/// </summary>
internal static unsafe partial class NativeApi
{
    /// <summary>Which members of the table and of OrtCustomOp may be used.</summary>
    public const uint Version = 19;

    private static readonly OrtApi* Table = Find();

    /// <summary>As the C functions get it handed to them.</summary>
    public static nint Pointer => (nint)Table;

    /// <exception cref="OrtException"><paramref name="status"/> is an error; it is released.</exception>
    public static void Check(nint status)
    {
        if (status != 0)
        {
            throw new OrtException(Text(status));
        }
    }

    /// <summary>An error for the runtime, which releases it.</summary>
    public static nint Failure(string message)
    {
        var text = Marshal.StringToCoTaskMemUTF8(message);
        var status = ((delegate* unmanaged<int, nint, nint>)Table->CreateStatus)(1, text); // ORT_FAIL; the text is copied
        Marshal.FreeCoTaskMem(text);
        return status;
    }

    public static nint Input(nint context, nuint index, out nint value) => ((delegate* unmanaged<nint, nuint, out nint, nint>)Table->KernelContext_GetInput)(context, index, out value);

    public static nint Output(nint context, nuint index, long* dims, nuint rank, out nint value) =>
        ((delegate* unmanaged<nint, nuint, long*, nuint, out nint, nint>)Table->KernelContext_GetOutput)(context, index, dims, rank, out value);

    public static nint InputCount(nint context, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table->KernelContext_GetInputCount)(context, out count);

    public static nint OutputCount(nint context, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table->KernelContext_GetOutputCount)(context, out count);

    public static nint Data(nint value, out void* data) => ((delegate* unmanaged<nint, out void*, nint>)Table->GetTensorMutableData)(value, out data);

    public static nint TypeAndShape(nint value, out nint info) => ((delegate* unmanaged<nint, out nint, nint>)Table->GetTensorTypeAndShape)(value, out info);

    public static nint ElementType(nint info, out int type) => ((delegate* unmanaged<nint, out int, nint>)Table->GetTensorElementType)(info, out type);

    public static nint Rank(nint info, out nuint rank) => ((delegate* unmanaged<nint, out nuint, nint>)Table->GetDimensionsCount)(info, out rank);

    public static nint Dims(nint info, long* dims, nuint rank) => ((delegate* unmanaged<nint, long*, nuint, nint>)Table->GetDimensions)(info, dims, rank);

    public static void ReleaseInfo(nint info) => ((delegate* unmanaged<nint, void>)Table->ReleaseTensorTypeAndShapeInfo)(info);

    public static nint ParallelFor(nint context, delegate* unmanaged<void*, nuint, void> body, nuint total, void* state) =>
        ((delegate* unmanaged<nint, delegate* unmanaged<void*, nuint, void>, nuint, nuint, void*, nint>)Table->KernelContext_ParallelFor)(context, body, total, 0, state);

    public static nint IntAttribute(nint info, byte* name, out long value) => ((delegate* unmanaged<nint, byte*, out long, nint>)Table->KernelInfoGetAttribute_int64)(info, name, out value);

    public static nint FloatAttribute(nint info, byte* name, out float value) => ((delegate* unmanaged<nint, byte*, out float, nint>)Table->KernelInfoGetAttribute_float)(info, name, out value);

    public static nint TextAttribute(nint info, byte* name, byte* text, ref nuint size) =>
        ((delegate* unmanaged<nint, byte*, byte*, ref nuint, nint>)Table->KernelInfoGetAttribute_string)(info, name, text, ref size);

    public static nint NodeName(nint info, byte* text, ref nuint size) => ((delegate* unmanaged<nint, byte*, ref nuint, nint>)Table->KernelInfo_GetNodeName)(info, text, ref size);

    public static nint InferredInput(nint context, nuint index, out nint info) => ((delegate* unmanaged<nint, nuint, out nint, nint>)Table->ShapeInferContext_GetInputTypeShape)(context, index, out info);

    public static nint InferOutput(nint context, nuint index, nint info) => ((delegate* unmanaged<nint, nuint, nint, nint>)Table->ShapeInferContext_SetOutputTypeShape)(context, index, info);

    public static void ReleaseStatus(nint status) => ((delegate* unmanaged<nint, void>)Table->ReleaseStatus)(status);

    public static nint CreateDomain(string name)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        Check(((delegate* unmanaged<nint, out nint, nint>)Table->CreateCustomOpDomain)(text, out var domain));
        Marshal.FreeCoTaskMem(text); // copied
        return domain;
    }

    public static void AddOperator(nint domain, nint customOp) => Check(((delegate* unmanaged<nint, nint, nint>)Table->CustomOpDomain_Add)(domain, customOp));

    public static void AddDomain(SessionOptions options, nint domain) => Check(((delegate* unmanaged<nint, nint, nint>)Table->AddCustomOpDomain)(options.DangerousGetHandle(), domain));

    /// <summary>Where tensors in this process's memory lie.</summary>
    public static nint CpuMemory { get; } = CreateCpuMemory();

    /// <summary>A tensor over memory that the caller keeps.</summary>
    public static nint CreateTensor(void* data, long bytes, ReadOnlySpan<long> dims, int type)
    {
        fixed (long* shape = dims)
        {
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, out nint, nint>)Table->CreateTensorWithDataAsOrtValue)(
                CpuMemory, data, (nuint)bytes, shape, (nuint)dims.Length, type, out var value));
            return value;
        }
    }

    public static void ReleaseTensor(nint value) => ((delegate* unmanaged<nint, void>)Table->ReleaseValue)(value);

    public static void BindInput(OrtIoBinding binding, nint name, nint value) => Check(((delegate* unmanaged<nint, nint, nint, nint>)Table->BindInput)(binding.DangerousGetHandle(), name, value));

    public static void BindOutput(OrtIoBinding binding, nint name, nint value) => Check(((delegate* unmanaged<nint, nint, nint, nint>)Table->BindOutput)(binding.DangerousGetHandle(), name, value));

    public static void BindOutputToCpu(OrtIoBinding binding, nint name) => Check(((delegate* unmanaged<nint, nint, nint, nint>)Table->BindOutputToDevice)(binding.DangerousGetHandle(), name, CpuMemory));

    private static string Text(nint status)
    {
        var text = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Table->GetErrorMessage)(status)) ?? "";
        ReleaseStatus(status);
        return text;
    }

    private static nint CreateCpuMemory()
    {
        Check(((delegate* unmanaged<int, int, out nint, nint>)Table->CreateCpuMemoryInfo)(0, 0, out var info)); // OrtDeviceAllocator, OrtMemTypeDefault
        return info;
    }

    private static OrtApi* Find()
    {
        NativeRuntime.Start();
        var table = (OrtApi*)(*GetApiBase())(Version); // the first member of OrtApiBase is GetApi
        return table is not null ? table : throw new OrtException($"ONNX Runtime {NativeRuntime.Version} has no C interface of version {Version}; ONNX Runtime 1.{Version} or newer is wanted.");
    }

    [LibraryImport("onnxruntime", EntryPoint = "OrtGetApiBase")]
    private static partial delegate* unmanaged<uint, void*>* GetApiBase();
}
