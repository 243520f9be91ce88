using Grpc.Core;
using NUnit.Framework;

namespace OnnxPipeline.Server.Tests;

internal static class Caught
{
    /// <summary>The status that a call ends with.</summary>
    public static async Task<RpcException> Status(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException e)
        {
            return e;
        }

        throw new AssertionException("The call succeeded.");
    }
}
