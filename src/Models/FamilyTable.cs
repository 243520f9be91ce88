using OnnxPipeline.Ir;
using OnnxPipeline.Models.Bert;
using OnnxPipeline.Models.Gpt2;
using OnnxPipeline.Models.Heads;

namespace OnnxPipeline.Models;

/// <summary>The families of models that can be built, by <c>model_type</c>.</summary>
public static class FamilyTable
{
    public static IReadOnlyDictionary<string, Family> Families { get; } = new[]
    {
        new Family("bert", [MaskedToken.Head, NextSentence.Head], (config, options) => BertBuilder.Build(BertConfig.From(config, options.Head), options), config => BertConfig.From(config).MaxPositionEmbeddings),
        new Family("gpt2", [NextToken.Head], (config, options) => Gpt2Builder.Build(Gpt2Config.From(config), options), config => Gpt2Config.From(config).NPositions),
    }.ToDictionary(f => f.ModelType);

    /// <summary>The family that a configuration names.</summary>
    /// <exception cref="ModelsException">There is none of that name.</exception>
    public static Family Of(ConfigFile config) => Families.GetValueOrDefault(config.ModelType)
        ?? throw config.Wrong("model_type", $"\"{config.ModelType}\"", $"a family that can be built: {string.Join(", ", Families.Keys)}");

    /// <summary>Builds a model with initial parameters; same configuration, head and seed, same model.</summary>
    /// <exception cref="ModelsException">The family, the head or a field of the configuration cannot be built.</exception>
    public static Model Build(ConfigFile config, BuildOptions options)
    {
        var family = Of(config);
        HeadOf(config, options.Head);
        return family.Build(config, options);
    }

    /// <summary>The head of that name of the family that a configuration names.</summary>
    /// <exception cref="ModelsException">The family has none of that name.</exception>
    public static Head HeadOf(ConfigFile config, string name)
    {
        var family = Of(config);
        return family.Heads.FirstOrDefault(head => head.Name == name)
            ?? throw new ModelsException($"{config.Path}: the family {family.ModelType} has no head '{name}'; it has {string.Join(", ", family.Heads.Select(head => head.Name))}.");
    }
}
