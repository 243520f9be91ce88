namespace OnnxPipeline.Ort;

/// <summary>A node as it was computed, after function bodies were inlined and nodes fused.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Operator">What was computed.</param>
/// <param name="Provider"><c>C#</c> for a kernel of ours, else ONNX Runtime's execution provider.</param>
/// <param name="Calls">How often, in all profiled runs.</param>
/// <param name="Microseconds">All calls together.</param>
/// <param name="Bytes">Read and written in all calls together.</param>
/// <param name="OutputBytes">Written by the call that wrote most.</param>
/// <param name="Products">Multiplications of matrix products, in all calls together; 0 for other operators.</param>
public sealed record KernelUse(string Node, string Operator, string Provider, int Calls, long Microseconds, long Bytes, long OutputBytes, double Products);
