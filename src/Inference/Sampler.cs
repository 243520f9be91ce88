namespace OnnxPipeline.Inference;

/// <summary>
/// Chooses tokens from logits, in the order of Transformers: repetition penalty, temperature, top-k, top-p, min-p. The same settings, stream and
/// logits give the same tokens on every machine.
/// </summary>
internal sealed class Sampler(Sampling settings, long stream)
{
    private ulong _state = Mix((ulong)settings.Seed + 0x9E3779B97F4A7C15) ^ Mix((ulong)stream + 0xD1B54A32D192ED03);

    /// <summary>The next token.</summary>
    /// <param name="logits">One an id; NaN is never chosen.</param>
    /// <param name="context">The tokens of the prompt and of the text so far.</param>
    public int Next(ReadOnlySpan<float> logits, IEnumerable<int> context)
    {
        var scores = Penalized(logits, context);
        if (settings.Temperature == 0)
        {
            return Greatest(scores);
        }

        var candidates = Candidates(scores);
        var point = NextDouble() * candidates.Sum(candidate => candidate.Weight);
        foreach (var (id, weight) in candidates)
        {
            if ((point -= weight) < 0)
            {
                return id;
            }
        }

        return candidates[^1].Id; // the sum was rounded up
    }

    private double[] Penalized(ReadOnlySpan<float> logits, IEnumerable<int> context)
    {
        var scores = new double[logits.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = float.IsNaN(logits[i]) ? double.NegativeInfinity : logits[i];
        }

        if (settings.RepetitionPenalty != 1)
        {
            foreach (var id in context.Where(id => id < scores.Length).Distinct())
            {
                scores[id] = scores[id] > 0 ? scores[id] / settings.RepetitionPenalty : scores[id] * settings.RepetitionPenalty;
            }
        }

        return scores;
    }

    /// <summary>What may be chosen, most probable first, with probabilities that need not add up to 1.</summary>
    private List<(int Id, double Weight)> Candidates(double[] scores)
    {
        var ids = new int[scores.Length];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = i;
        }

        Array.Sort(ids, (a, b) => scores[a] != scores[b] ? scores[b].CompareTo(scores[a]) : a - b);
        var greatest = scores[ids[0]];
        var kept = ids.Take(settings.TopK ?? ids.Length).Select(id => (Id: id, Weight: Math.Exp((scores[id] - greatest) / settings.Temperature))).ToList();
        if (settings.TopP is { } share)
        {
            var (left, count) = (share * kept.Sum(candidate => candidate.Weight), 0);
            while (count < kept.Count && (count == 0 || left > 0))
            {
                left -= kept[count++].Weight;
            }

            kept.RemoveRange(count, kept.Count - count);
        }

        kept.RemoveAll(candidate => candidate.Weight < (settings.MinP ?? 0)); // the greatest has the weight 1
        return kept;
    }

    private static int Greatest(ReadOnlySpan<double> scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        return best;
    }

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014); 53 bits.</summary>
    private double NextDouble() => (Mix(_state += 0x9E3779B97F4A7C15) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
