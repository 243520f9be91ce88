using OnnxPipeline.Files;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// Which parameters are trained. Only <c>--trainable</c>: all other weights are frozen; only <c>--frozen</c>: all other weights are trained; both: what
/// neither names is frozen; neither: what the model's manifest says, else every weight is trained. <c>--frozen</c> looks at weights,
/// <c>--trainable</c> at all float initializers, so that it can overrule the verdict on one.
/// </summary>
public static class ParameterChoice
{
    /// <summary>The parameters in the order of <paramref name="candidates"/>, each with whether it is trained.</summary>
    /// <exception cref="NamePatternException">A pattern matches nothing, or a name is matched by both.</exception>
    public static IReadOnlyList<(WeightCandidate Candidate, bool Trainable)> Choose(
        IReadOnlyList<WeightCandidate> candidates, IReadOnlyList<string> trainable, IReadOnlyList<string> frozen, Manifest? known)
    {
        var trained = NamePatterns.Select("--trainable", trainable, [.. candidates.Select(c => c.Name)]).ToHashSet();
        var kept = NamePatterns.Select("--frozen", frozen, [.. candidates.Where(c => c.Verdict == WeightVerdict.Weight).Select(c => c.Name)], "weight").ToHashSet();
        if (candidates.FirstOrDefault(c => trained.Contains(c.Name) && kept.Contains(c.Name)) is { } both)
        {
            throw new NamePatternException($"The parameter '{both.Name}' is matched by --trainable ({Matching(trainable, both.Name)}) and by --frozen ({Matching(frozen, both.Name)}); it can be one of them.");
        }

        var stored = known?.Parameters.ToDictionary(p => p.Name, p => p.Trainable) ?? [];
        bool IsTrained(WeightCandidate c) =>
            trainable.Count > 0 ? trained.Contains(c.Name)
            : frozen.Count > 0 ? !kept.Contains(c.Name)
            : stored.GetValueOrDefault(c.Name, true);

        return [.. candidates.Where(c => c.Verdict == WeightVerdict.Weight || trained.Contains(c.Name)).Select(c => (c, IsTrained(c)))];
    }

    private static string Matching(IEnumerable<string> patterns, string name) => string.Join(", ", patterns.Where(p => Glob.IsMatch(p, name)).Select(p => $"'{p}'"));
}
