namespace OnnxPipeline.Files;

/// <summary>
/// Patterns over names: anchored at both ends; <c>*</c> is any run of characters (<c>.</c> and <c>/</c> too), <c>?</c> one character,
/// nothing else is special.
/// </summary>
public static class Glob
{
    /// <summary>Whether the whole of <paramref name="name"/> matches; time is at most the product of the lengths.</summary>
    public static bool IsMatch(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, resume = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, n);
            }
            else if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]))
            {
                (p, n) = (p + 1, n + 1);
            }
            else if (star >= 0)
            {
                (p, n) = (star + 1, ++resume); // the last star takes one character more
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    /// <summary>Whether the pattern matches some name that begins with <paramref name="start"/>; time is at most the product of the lengths.</summary>
    public static bool MatchesSomeAfter(string pattern, string start)
    {
        var at = new HashSet<int> { 0 }; // places in the pattern that the characters so far can lead to
        foreach (var c in start)
        {
            at = [.. at.SelectMany(p => Reached(pattern, p)).Distinct().SelectMany(p => p == pattern.Length ? [] : pattern[p] == '*' ? [p] : pattern[p] == '?' || pattern[p] == c ? new[] { p + 1 } : [])];
        }

        return at.Count > 0;
    }

    /// <summary>The place itself, and those behind the stars at it, which take nothing.</summary>
    private static IEnumerable<int> Reached(string pattern, int place)
    {
        yield return place;
        for (; place < pattern.Length && pattern[place] == '*'; place++)
        {
            yield return place + 1;
        }
    }

    /// <summary>The <paramref name="count"/> names with the smallest edit distance to <paramref name="pattern"/>, closest first, ties in their order.</summary>
    public static IReadOnlyList<string> Closest(string pattern, IEnumerable<string> names, int count = 3) =>
        [.. names.Distinct().OrderBy(name => Distance(pattern, name)).Take(count)];

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
