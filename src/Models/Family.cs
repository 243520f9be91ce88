using OnnxPipeline.Ir;

namespace OnnxPipeline.Models;

/// <summary>A family of models: from its configuration to a graph.</summary>
/// <param name="ModelType">As in <c>config.json</c>.</param>
/// <param name="Heads">The heads that can be built.</param>
/// <param name="Build">The model with parameters initialised.</param>
/// <param name="Positions">The longest sequence.</param>
public sealed record Family(string ModelType, IReadOnlyList<Head> Heads, Func<ConfigFile, BuildOptions, Model> Build, Func<ConfigFile, int> Positions);
