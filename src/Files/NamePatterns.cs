namespace OnnxPipeline.Files;

/// <summary>Chooses names by the patterns of a flag.</summary>
public static class NamePatterns
{
    /// <summary>The names that at least one pattern matches, in their order.</summary>
    /// <param name="flag">The flag as the user typed it, for the message: <c>--trainable</c>.</param>
    /// <param name="patterns">See <see cref="Glob"/>.</param>
    /// <param name="names">What there is to choose from.</param>
    /// <param name="what">What the names are, for the message.</param>
    /// <exception cref="NamePatternException">A pattern matches nothing; the message names the three closest names.</exception>
    public static IReadOnlyList<string> Select(string flag, IEnumerable<string> patterns, IReadOnlyList<string> names, string what = "parameter")
    {
        var chosen = new HashSet<string>();
        foreach (var pattern in patterns)
        {
            var before = names.Where(name => Glob.IsMatch(pattern, name)).ToList();
            if (before.Count == 0)
            {
                var closest = Glob.Closest(pattern, names);
                throw new NamePatternException($"{flag} '{pattern}' matches no {what}; " +
                    (closest.Count == 0 ? "there is none." : $"the closest names are {string.Join(", ", closest)}."));
            }

            chosen.UnionWith(before);
        }

        return [.. names.Where(chosen.Contains)];
    }
}
