namespace OnnxPipeline.Ir;

/// <summary>The rules of ONNX that a graph can break although it was read: names the first thing that breaks one.</summary>
public static class ModelVerifier
{
    /// <summary>The newest version of the format that is known.</summary>
    public const int NewestIrVersion = 14;

    /// <summary>The newest version of ONNX's own operators that is known.</summary>
    public const int NewestOpset = 28;

    private static readonly HashSet<string> OwnedByRuntimes = ["com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.contrib"];

    /// <summary>Checks versions, domains, and every node of the graph, its subgraphs and the functions.</summary>
    /// <param name="name">What messages call the model.</param>
    /// <exception cref="IrException">A rule is broken; the message names the node.</exception>
    public static void Check(Model model, string name)
    {
        if (model.IrVersion is < 1 or > NewestIrVersion)
        {
            throw new IrException($"{name} has IR version {model.IrVersion}; versions 1 to {NewestIrVersion} are known.");
        }

        if (model.Opset > NewestOpset)
        {
            throw new IrException($"{name} has opset {model.Opset}; versions up to {NewestOpset} are known. Export it with an older opset.");
        }

        var functions = model.Functions.Select(f => (f.Domain, f.Name)).ToHashSet();
        Check(model.Graph, model.OpsetImports, functions, name);
        foreach (var function in model.Functions)
        {
            if (function.Name.Length == 0)
            {
                throw new IrException($"{name} has a function without a name.");
            }

            Check(function.Body, function.OpsetImports, functions, $"{name}, function {function.Domain}::{function.Name}");
        }
    }

    private static void Check(Graph graph, IReadOnlyDictionary<string, int> imports, HashSet<(string, string)> functions, string name)
    {
        foreach (var node in graph.AllNodes())
        {
            if (node.OpType.Length == 0)
            {
                throw new IrException($"{name}: {node.Describe()} has no op_type.");
            }

            if (!imports.ContainsKey(node.Domain) && !OwnedByRuntimes.Contains(node.Domain) && !functions.Contains((node.Domain, node.OpType)))
            {
                throw new IrException($"{name}: {node.Describe()} is of the domain '{(node.Domain.Length == 0 ? "ai.onnx" : node.Domain)}', which the model does not import (it imports {string.Join(", ", imports.Keys.Select(d => d.Length == 0 ? "ai.onnx" : d))}).");
            }

            foreach (var input in node.Inputs)
            {
                if (input is { Producer: { Owner: null } gone })
                {
                    throw new IrException($"{name}: {node.Describe()} takes {input}, made by {gone.Describe()}, which is in no graph.");
                }
            }
        }
    }
}
