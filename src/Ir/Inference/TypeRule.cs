namespace OnnxPipeline.Ir.Inference;

/// <summary>Sets types and shapes of a node's outputs as far as its inputs tell.</summary>
internal delegate void TypeRule(InferenceContext context);
