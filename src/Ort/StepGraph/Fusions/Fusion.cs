using OnnxPipeline.Ir;

namespace OnnxPipeline.Ort.StepGraph.Fusions;

/// <summary>Puts a node that has a C# kernel in the place of several; they compute what the body of its operator does.</summary>
/// <param name="Name">The operator that it makes.</param>
/// <param name="Domain">Of the nodes that <paramref name="Rewrite"/> is asked about.</param>
/// <param name="OpType">Of the nodes that <paramref name="Rewrite"/> is asked about.</param>
/// <param name="Rewrite">Changes the graph around a node, or leaves it as it is and gives the reason. The builder stands before the node.</param>
internal sealed record Fusion(string Name, string Domain, string OpType, Func<GraphBuilder, Node, string?> Rewrite);
