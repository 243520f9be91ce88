using System.Runtime.Intrinsics;

namespace OnnxPipeline.Kernels;

/// <summary>Tells which lane the kernels use.</summary>
public static class LaneChoice
{
    /// <summary>The widest lane the hardware accelerates. Every kernel branches on the same three constants, which the JIT folds.</summary>
    public static Lane Current =>
        Vector512.IsHardwareAccelerated ? Lane.Vector512 :
        Vector256.IsHardwareAccelerated ? Lane.Vector256 :
        Vector128.IsHardwareAccelerated ? Lane.Vector128 :
        Lane.Scalar;
}
