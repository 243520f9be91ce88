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

    private static readonly nint* Table = Find();

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
        var status = ((delegate* unmanaged<int, nint, nint>)Table[Slot.CreateStatus])(1, text); // ORT_FAIL; the text is copied
        Marshal.FreeCoTaskMem(text);
        return status;
    }

    public static nint Input(nint context, nuint index, out nint value) => ((delegate* unmanaged<nint, nuint, out nint, nint>)Table[Slot.KernelContext_GetInput])(context, index, out value);

    public static nint Output(nint context, nuint index, long* dims, nuint rank, out nint value) =>
        ((delegate* unmanaged<nint, nuint, long*, nuint, out nint, nint>)Table[Slot.KernelContext_GetOutput])(context, index, dims, rank, out value);

    public static nint InputCount(nint context, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table[Slot.KernelContext_GetInputCount])(context, out count);

    public static nint OutputCount(nint context, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table[Slot.KernelContext_GetOutputCount])(context, out count);

    public static nint Data(nint value, out void* data) => ((delegate* unmanaged<nint, out void*, nint>)Table[Slot.GetTensorMutableData])(value, out data);

    public static nint TypeAndShape(nint value, out nint info) => ((delegate* unmanaged<nint, out nint, nint>)Table[Slot.GetTensorTypeAndShape])(value, out info);

    public static nint Rank(nint info, out nuint rank) => ((delegate* unmanaged<nint, out nuint, nint>)Table[Slot.GetDimensionsCount])(info, out rank);

    public static nint Dims(nint info, long* dims, nuint rank) => ((delegate* unmanaged<nint, long*, nuint, nint>)Table[Slot.GetDimensions])(info, dims, rank);

    /// <summary>The names of dimensions that are no numbers; the texts are the info's.</summary>
    public static nint DimNames(nint info, byte** names, nuint rank) => ((delegate* unmanaged<nint, byte**, nuint, nint>)Table[Slot.GetSymbolicDimensions])(info, names, rank);

    /// <summary>The texts are copied.</summary>
    public static nint SetDimNames(nint info, byte** names, nuint rank) => ((delegate* unmanaged<nint, byte**, nuint, nint>)Table[Slot.SetSymbolicDimensions])(info, names, rank);

    public static void ReleaseInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[Slot.ReleaseTensorTypeAndShapeInfo])(info);

    public static nint ParallelFor(nint context, delegate* unmanaged<void*, nuint, void> body, nuint total, void* state) =>
        ((delegate* unmanaged<nint, delegate* unmanaged<void*, nuint, void>, nuint, nuint, void*, nint>)Table[Slot.KernelContext_ParallelFor])(context, body, total, 0, state);

    public static nint IntAttribute(nint info, byte* name, out long value) => ((delegate* unmanaged<nint, byte*, out long, nint>)Table[Slot.KernelInfoGetAttribute_int64])(info, name, out value);

    public static nint FloatAttribute(nint info, byte* name, out float value) => ((delegate* unmanaged<nint, byte*, out float, nint>)Table[Slot.KernelInfoGetAttribute_float])(info, name, out value);

    public static nint TextAttribute(nint info, byte* name, byte* text, ref nuint size) =>
        ((delegate* unmanaged<nint, byte*, byte*, ref nuint, nint>)Table[Slot.KernelInfoGetAttribute_string])(info, name, text, ref size);

    public static nint NodeName(nint info, byte* text, ref nuint size) => ((delegate* unmanaged<nint, byte*, ref nuint, nint>)Table[Slot.KernelInfo_GetNodeName])(info, text, ref size);

    public static nint InferredInput(nint context, nuint index, out nint info) => ((delegate* unmanaged<nint, nuint, out nint, nint>)Table[Slot.ShapeInferContext_GetInputTypeShape])(context, index, out info);

    public static nint InferOutput(nint context, nuint index, nint info) => ((delegate* unmanaged<nint, nuint, nint, nint>)Table[Slot.ShapeInferContext_SetOutputTypeShape])(context, index, info);

    public static void ReleaseStatus(nint status) => ((delegate* unmanaged<nint, void>)Table[Slot.ReleaseStatus])(status);

    public static nint CreateDomain(string name)
    {
        var text = Marshal.StringToCoTaskMemUTF8(name);
        Check(((delegate* unmanaged<nint, out nint, nint>)Table[Slot.CreateCustomOpDomain])(text, out var domain));
        Marshal.FreeCoTaskMem(text); // copied
        return domain;
    }

    public static void AddOperator(nint domain, nint customOp) => Check(((delegate* unmanaged<nint, nint, nint>)Table[Slot.CustomOpDomain_Add])(domain, customOp));

    public static void AddDomain(SessionOptions options, nint domain) => Check(((delegate* unmanaged<nint, nint, nint>)Table[Slot.AddCustomOpDomain])(options.DangerousGetHandle(), domain));

    /// <summary>Where tensors in this process's memory lie.</summary>
    public static nint CpuMemory { get; } = CreateCpuMemory();

    /// <summary>A tensor over memory that the caller keeps.</summary>
    /// <param name="memory">Where it lies, an OrtMemoryInfo; 0: in this process's memory.</param>
    public static nint CreateTensor(void* data, long bytes, ReadOnlySpan<long> dims, int type, nint memory = 0)
    {
        fixed (long* shape = dims)
        {
            Check(((delegate* unmanaged<nint, void*, nuint, long*, nuint, int, out nint, nint>)Table[Slot.CreateTensorWithDataAsOrtValue])(
                memory == 0 ? CpuMemory : memory, data, (nuint)bytes, shape, (nuint)dims.Length, type, out var value));
            return value;
        }
    }

    /// <summary>A tensor with memory of an OrtAllocator.</summary>
    public static nint AllocateTensor(nint allocator, ReadOnlySpan<long> dims, int type)
    {
        fixed (long* shape = dims)
        {
            Check(((delegate* unmanaged<nint, long*, nuint, int, out nint, nint>)Table[Slot.CreateTensorAsOrtValue])(allocator, shape, (nuint)dims.Length, type, out var value));
            return value;
        }
    }

    public static void ReleaseTensor(nint value) => ((delegate* unmanaged<nint, void>)Table[Slot.ReleaseValue])(value);

    public static void BindInput(OrtIoBinding binding, nint name, nint value) => Check(((delegate* unmanaged<nint, nint, nint, nint>)Table[Slot.BindInput])(binding.DangerousGetHandle(), name, value));

    public static void BindOutput(OrtIoBinding binding, nint name, nint value) => Check(((delegate* unmanaged<nint, nint, nint, nint>)Table[Slot.BindOutput])(binding.DangerousGetHandle(), name, value));

    public static void BindOutputToCpu(OrtIoBinding binding, nint name) => Check(((delegate* unmanaged<nint, nint, nint, nint>)Table[Slot.BindOutputToDevice])(binding.DangerousGetHandle(), name, CpuMemory));

    /// <summary>Whether the library is one of Microsoft's training runtime.</summary>
    public static bool HasTraining => ((delegate* unmanaged<uint, nint>)Table[Slot.GetTrainingApi])(Version) != 0;

    private static string Text(nint status)
    {
        var text = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)Table[Slot.GetErrorMessage])(status)) ?? "";
        ReleaseStatus(status);
        return text;
    }

    private static nint CreateCpuMemory()
    {
        Check(((delegate* unmanaged<int, int, out nint, nint>)Table[Slot.CreateCpuMemoryInfo])(0, 0, out var info)); // OrtDeviceAllocator, OrtMemTypeDefault
        return info;
    }

    private static nint* Find()
    {
        NativeRuntime.Start();
        var table = (nint*)(*GetApiBase())(Version); // the first member of OrtApiBase is GetApi
        return table is not null ? table : throw new OrtException($"ONNX Runtime {NativeRuntime.Version} has no C interface of version {Version}; ONNX Runtime 1.{Version} or newer is wanted.");
    }

    [LibraryImport("onnxruntime", EntryPoint = "OrtGetApiBase")]
    private static partial delegate* unmanaged<uint, void*>* GetApiBase();

    /// <summary>Places in the C table OrtApi, which never change. The managed package's own struct is not used: old ones stop early.</summary>
    private static class Slot
    {
        public const int CreateStatus = 0;
        public const int GetErrorMessage = 2;
        public const int CreateCustomOpDomain = 26;
        public const int CustomOpDomain_Add = 27;
        public const int AddCustomOpDomain = 28;
        public const int CreateTensorAsOrtValue = 48;
        public const int CreateTensorWithDataAsOrtValue = 49;
        public const int GetTensorMutableData = 51;
        public const int GetDimensionsCount = 61;
        public const int GetDimensions = 62;
        public const int GetSymbolicDimensions = 63;
        public const int GetTensorTypeAndShape = 65;
        public const int CreateCpuMemoryInfo = 69;
        public const int KernelInfoGetAttribute_float = 85;
        public const int KernelInfoGetAttribute_int64 = 86;
        public const int KernelInfoGetAttribute_string = 87;
        public const int KernelContext_GetInputCount = 88;
        public const int KernelContext_GetOutputCount = 89;
        public const int KernelContext_GetInput = 90;
        public const int KernelContext_GetOutput = 91;
        public const int ReleaseStatus = 93;
        public const int ReleaseValue = 96;
        public const int ReleaseTensorTypeAndShapeInfo = 99;
        public const int BindInput = 136;
        public const int BindOutput = 137;
        public const int BindOutputToDevice = 138;
        public const int GetTrainingApi = 219;
        public const int KernelInfo_GetNodeName = 244;
        public const int ShapeInferContext_GetInputTypeShape = 268;
        public const int ShapeInferContext_SetOutputTypeShape = 270;
        public const int SetSymbolicDimensions = 271;
        public const int KernelContext_ParallelFor = 274;
    }
}
