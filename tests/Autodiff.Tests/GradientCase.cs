using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Tests;

/// <summary>One form of one operator whose gradient is to be proved.</summary>
/// <param name="Inputs">Null for one that is left out.</param>
internal sealed record GradientCase(string Op, params Given?[] Inputs)
{
    public string Domain { get; init; } = "";

    public (string Name, AttributeValue Value)[] Attributes { get; init; } = [];

    public int Outputs { get; init; } = 1;

    /// <summary>The outputs on which the loss depends.</summary>
    public int[] Used { get; init; } = [0];

    public int Opset { get; init; } = 18;

    /// <summary>Whether the rule says that it cannot do without knowing ranks.</summary>
    public bool NeedsRanks { get; init; }

    /// <summary>Whether the rule says that it cannot do without knowing sizes.</summary>
    public bool NeedsSizes { get; init; }

    public GradientCase With(params (string, AttributeValue)[] attributes) => this with { Attributes = [.. Attributes, .. attributes] };

    public override string ToString() =>
        $"{(Domain.Length > 0 ? Domain + "::" : "")}{Op}({string.Join(", ", Inputs.Select(Text))}){string.Concat(Attributes.Select(a => $" {a.Name}={Text(a.Value)}"))}"
        + (Outputs > 1 || Used is not [0] ? $" -> {string.Join(",", Used)} of {Outputs}" : "");

    private static string Text(Given? given) => given is null ? "-"
        : given.Value.Data is double[] && !given.IsSingle ? $"{(given.Trained ? "" : given.Constant ? "const " : "data ")}[{string.Join(", ", given.Value.Dims)}]"
        : $"{(given.Constant ? "const " : "data ")}{{{string.Join(", ", given.Value.ToDoubles())}}}";

    private static string Text(AttributeValue value) => value switch
    {
        IntAttribute i => $"{i.Value}",
        FloatAttribute f => $"{f.Value}",
        StringAttribute s => s.Text,
        IntsAttribute list => $"[{string.Join(", ", list.Values)}]",
        StringsAttribute list => $"[{string.Join(", ", list.Values.Select(v => System.Text.Encoding.UTF8.GetString(v.Span)))}]",
        _ => value.GetType().Name,
    };
}
