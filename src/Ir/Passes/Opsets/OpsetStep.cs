namespace OnnxPipeline.Ir.Passes.Opsets;

/// <summary>How an operator changed at a version.</summary>
/// <param name="Since">The version that brought the new form.</param>
/// <param name="Rewrite">Turns a node of the form before into one of the new form; the builder inserts before the node.</param>
internal sealed record OpsetStep(string Op, int Since, Action<Node, GraphBuilder> Rewrite);
