using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

// `dotnet run -c Release --project tests/Benchmarks -- serving [MODEL.onnx [LENGTH]]`: calls per second through the wire beside a bare session.
if (args is ["serving", ..])
{
    await OnnxPipeline.Benchmarks.ServingRate.Run(args.ElementAtOrDefault(1), long.Parse(args.ElementAtOrDefault(2) ?? "32"));
    return;
}

// `dotnet run -c Release --project tests/Benchmarks -- step [PAIRS]`: time and memory of a training step beside TorchSharp's.
if (OnnxPipeline.Benchmarks.Steps.StepBenchmark.Run(args))
{
    return;
}

// `dotnet run -c Release --project tests/Benchmarks -- --filter *AdamW*`; without a filter all run. In this process: nothing is generated or built.
var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
var config = DefaultConfig.Instance.AddJob(job);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
