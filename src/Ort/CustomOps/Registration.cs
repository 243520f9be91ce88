using System.Runtime.InteropServices;
using OnnxPipeline.Ort.Native;

namespace OnnxPipeline.Ort.CustomOps;

/// <summary>A <see cref="CustomOp"/> as the C struct OrtCustomOp; lives as long as the process, because sessions point to it.</summary>
internal static unsafe class Registration
{
    private static readonly int* Numbers = Count();

    /// <summary>Where not null, gets the name and operator of every node that a C# kernel is made for on this thread, on which the session is being opened.</summary>
    [ThreadStatic]
    public static HashSet<(string Node, string Operator)>? Created;

    /// <summary>The struct for <paramref name="op"/>.</summary>
    public static nint Create(CustomOp op)
    {
        var native = (Native*)NativeMemory.AllocZeroed((nuint)sizeof(Native));
        native->Version = NativeApi.Version;
        native->GetName = &GetName;
        native->GetExecutionProviderType = &GetProvider;
        native->GetInputType = &GetInputType;
        native->GetInputTypeCount = &GetInputCount;
        native->GetOutputType = &GetOutputType;
        native->GetOutputTypeCount = &GetOutputCount;
        native->CreateKernel = native->KernelCompute = native->GetAliasMap = native->ReleaseAliasMap = 0; // the second versions of the first two are used
        native->KernelDestroy = &Destroy;
        native->GetInputCharacteristic = &GetInputCharacteristic;
        native->GetOutputCharacteristic = &GetOutputCharacteristic;
        native->GetInputMemoryType = &GetInputMemoryType;
        native->GetVariadicInputMinArity = &One;
        native->GetVariadicInputHomogeneity = &One;
        native->GetVariadicOutputMinArity = &One;
        native->GetVariadicOutputHomogeneity = &One;
        native->CreateKernelV2 = &CreateKernel;
        native->KernelComputeV2 = &Compute;
        native->InferOutputShape = &InferOutputShape;
        native->GetStartVersion = &One;
        native->GetEndVersion = &Last;
        native->GetMayInplace = op.Outputs.Index().Where(output => output.Item.Over >= 0).Select(output => (output.Item.Over, output.Index)).ToArray() switch
        {
            [] => null,
            [(0, 0)] => &FirstOverFirst,
            [(0, 1)] => &SecondOverFirst,
            [(1, 0)] => &FirstOverSecond,
            _ => throw new NotSupportedException($"{op.Name}: the callback does not know its operator, so each set of outputs that take the place of inputs needs one of its own."),
        };
        native->ReleaseMayInplace = &Release;
        native->Op = GCHandle.ToIntPtr(GCHandle.Alloc(op));
        native->Name = Marshal.StringToCoTaskMemUTF8(op.Name);
        return (nint)native;
    }

    /// <summary>The numbers 0 and 1, for callbacks that give addresses.</summary>
    private static int* Count()
    {
        var numbers = (int*)NativeMemory.Alloc(2, sizeof(int));
        (numbers[0], numbers[1]) = (0, 1);
        return numbers;
    }

    private static CustomOp Of(Native* op) => (CustomOp)GCHandle.FromIntPtr(op->Op).Target!;

    [UnmanagedCallersOnly]
    private static nint GetName(Native* op) => op->Name;

    [UnmanagedCallersOnly]
    private static nint GetProvider(Native* op) => 0; // the CPU

    [UnmanagedCallersOnly]
    private static int GetInputType(Native* op, nuint index) => (int)Of(op).Inputs[(int)index].Type;

    [UnmanagedCallersOnly]
    private static nuint GetInputCount(Native* op) => (nuint)Of(op).Inputs.Count;

    [UnmanagedCallersOnly]
    private static int GetOutputType(Native* op, nuint index) => (int)Of(op).Outputs[(int)index].Type;

    [UnmanagedCallersOnly]
    private static nuint GetOutputCount(Native* op) => (nuint)Of(op).Outputs.Count;

    [UnmanagedCallersOnly]
    private static int GetInputCharacteristic(Native* op, nuint index) => Of(op).Inputs[(int)index].Optional ? 1 : 0;

    [UnmanagedCallersOnly]
    private static int GetOutputCharacteristic(Native* op, nuint index) => Of(op).Outputs[(int)index].Optional ? 1 : 0;

    [UnmanagedCallersOnly]
    private static int GetInputMemoryType(Native* op, nuint index) => 0; // the provider's own

    [UnmanagedCallersOnly]
    private static int One(Native* op) => 1;

    [UnmanagedCallersOnly]
    private static int Last(Native* op) => int.MaxValue;

    [UnmanagedCallersOnly]
    private static nint CreateKernel(Native* op, nint api, nint info, nint* kernel)
    {
        try
        {
            var attributes = new KernelAttributes(info);
            *kernel = GCHandle.ToIntPtr(GCHandle.Alloc(new Kernel(Of(op), Of(op).Read(attributes))));
            Created?.Add((attributes.NodeName, Of(op).Name));
            return 0;
        }
        catch (Exception e)
        {
            return NativeApi.Failure(e.Message);
        }
    }

    [UnmanagedCallersOnly]
    private static nint Compute(nint kernel, nint context)
    {
        var (op, attributes) = (Kernel)GCHandle.FromIntPtr(kernel).Target!;
        try
        {
            op.Compute(new KernelCall(context), attributes);
            return 0;
        }
        catch (Exception e)
        {
            return NativeApi.Failure($"{op.Domain}::{op.Name}: {e.Message}");
        }
    }

    [UnmanagedCallersOnly]
    private static void Destroy(nint kernel) => GCHandle.FromIntPtr(kernel).Free();

    [UnmanagedCallersOnly]
    private static nint InferOutputShape(Native* op, nint context)
    {
        try
        {
            InferShapes(op, context);
            return 0;
        }
        catch (Exception e)
        {
            return NativeApi.Failure($"{Of(op).Domain}::{Of(op).Name}: {e.Message}");
        }
    }

    private static void InferShapes(Native* op, nint context)
    {
        var outputs = Of(op).Outputs;
        for (var i = 0; i < outputs.Count; i++)
        {
            if (outputs[i].ShapeOf < 0 || outputs[i].Optional)
            {
                continue; // what a node leaves out has no place in the runtime's list, which does not look: it would write behind the end
            }

            // The first three ports of an operator with such outputs have equal types, except a mask, whose type is declared anyway.
            var status = NativeApi.InferredInput(context, (nuint)outputs[i].ShapeOf, out var info);
            if (status != 0)
            {
                NativeApi.ReleaseStatus(status);
                continue; // the shape is not known there
            }

            if (outputs[i].Type == Of(op).Inputs[outputs[i].ShapeOf].Type)
            {
                UnknownDims.Name(info);
                status = NativeApi.InferOutput(context, (nuint)i, info);
                if (status != 0)
                {
                    NativeApi.ReleaseStatus(status); // left to the computation
                }
            }
        }
    }

    [UnmanagedCallersOnly]
    private static nuint FirstOverFirst(int** inputs, int** outputs) => Pair(inputs, outputs, 0, 0);

    [UnmanagedCallersOnly]
    private static nuint SecondOverFirst(int** inputs, int** outputs) => Pair(inputs, outputs, 0, 1);

    [UnmanagedCallersOnly]
    private static nuint FirstOverSecond(int** inputs, int** outputs) => Pair(inputs, outputs, 1, 0);

    private static nuint Pair(int** inputs, int** outputs, int input, int output)
    {
        *inputs = Numbers + input;
        *outputs = Numbers + output;
        return 1;
    }

    [UnmanagedCallersOnly]
    private static void Release(int* inputs, int* outputs)
    {
        // they live as long as the process
    }

    private sealed record Kernel(CustomOp Op, object Attributes);

    /// <summary>OrtCustomOp of onnxruntime_c_api.h, version 19, and what we keep behind it.</summary>
    private struct Native
    {
        public uint Version;
        public nint CreateKernel;
        public delegate* unmanaged<Native*, nint> GetName;
        public delegate* unmanaged<Native*, nint> GetExecutionProviderType;
        public delegate* unmanaged<Native*, nuint, int> GetInputType;
        public delegate* unmanaged<Native*, nuint> GetInputTypeCount;
        public delegate* unmanaged<Native*, nuint, int> GetOutputType;
        public delegate* unmanaged<Native*, nuint> GetOutputTypeCount;
        public nint KernelCompute;
        public delegate* unmanaged<nint, void> KernelDestroy;
        public delegate* unmanaged<Native*, nuint, int> GetInputCharacteristic;
        public delegate* unmanaged<Native*, nuint, int> GetOutputCharacteristic;
        public delegate* unmanaged<Native*, nuint, int> GetInputMemoryType;
        public delegate* unmanaged<Native*, int> GetVariadicInputMinArity;
        public delegate* unmanaged<Native*, int> GetVariadicInputHomogeneity;
        public delegate* unmanaged<Native*, int> GetVariadicOutputMinArity;
        public delegate* unmanaged<Native*, int> GetVariadicOutputHomogeneity;
        public delegate* unmanaged<Native*, nint, nint, nint*, nint> CreateKernelV2;
        public delegate* unmanaged<nint, nint, nint> KernelComputeV2;
        public delegate* unmanaged<Native*, nint, nint> InferOutputShape;
        public delegate* unmanaged<Native*, int> GetStartVersion;
        public delegate* unmanaged<Native*, int> GetEndVersion;
        public delegate* unmanaged<int**, int**, nuint> GetMayInplace;
        public delegate* unmanaged<int*, int*, void> ReleaseMayInplace;
        public nint GetAliasMap;
        public nint ReleaseAliasMap;

        public nint Op;
        public nint Name;
    }
}
