using OnnxPipeline.Files;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// Which parameters are trained. Only <c>--trainable</c>: all other weights are frozen; only <c>--frozen</c>: all other weights are trained; both: what
/// neither names is frozen; neither: what the model's manifest says, else every weight is trained. <c>--frozen</c> looks at weights,
/// <c>--trainable</c> at all float initializers, so that it can overrule the verdict on one. What a frozen <c>--group</c> matches is frozen in any
/// case. A tied parameter answers to each of its names.
/// </summary>
public static class ParameterChoice
{
    /// <summary>The parameters in the order of <paramref name="candidates"/>, each with whether it is trained.</summary>
    /// <exception cref="NamePatternException">A pattern matches nothing, or a name is matched by both.</exception>
    /// <exception cref="ArtifactsException">The manifest lists a parameter twice.</exception>
    public static IReadOnlyList<(WeightCandidate Candidate, bool Trainable)> Choose(
        IReadOnlyList<WeightCandidate> candidates, IReadOnlyList<string> trainable, IReadOnlyList<string> frozen, Manifest? known, IReadOnlyList<string>? frozenGroups = null)
    {
        var trained = NamePatterns.Select("--trainable", trainable, [.. candidates.SelectMany(c => c.Names)]).ToHashSet();
        string[] weights = [.. candidates.Where(c => c.Verdict == WeightVerdict.Weight).SelectMany(c => c.Names)];
        var kept = NamePatterns.Select("--frozen", frozen, weights, "weight").ToHashSet();
        var grouped = NamePatterns.Select("--group", frozenGroups ?? [], weights, "weight").ToHashSet();
        if (candidates.FirstOrDefault(c => c.Names.Any(trained.Contains) && c.Names.Any(kept.Contains)) is { } both)
        {
            throw new NamePatternException($"The parameter '{both.Name}' is matched by --trainable ({Matching(trainable, both)}) and by --frozen ({Matching(frozen, both)}); it can be one of them.");
        }

        if (known?.Parameters.GroupBy(p => p.Name).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
        {
            throw new ArtifactsException($"The manifest of the model lists the parameter '{twice.Key}' {twice.Count()} times; each has one entry. Remove the others, or the whole manifest.json.");
        }

        var stored = known?.Parameters.ToDictionary(p => p.Name, p => p.Trainable) ?? [];
        var says = trainable.Count == 0 && frozen.Count == 0; // the manifest; it may say of a constant too that it is trained, as --trainable did before
        bool IsTrained(WeightCandidate c) =>
            c.Names.Any(grouped.Contains) ? false
            : trainable.Count > 0 ? c.Names.Any(trained.Contains)
            : frozen.Count > 0 ? !c.Names.Any(kept.Contains)
            : stored.GetValueOrDefault(c.Name, true);

        return [.. candidates.Where(c => c.Verdict == WeightVerdict.Weight || c.Names.Any(trained.Contains) || says && stored.GetValueOrDefault(c.Name)).Select(c => (c, IsTrained(c)))];
    }

    private static string Matching(IEnumerable<string> patterns, WeightCandidate c) => string.Join(", ", patterns.Where(p => c.Names.Any(name => Glob.IsMatch(p, name))).Select(p => $"'{p}'"));
}
