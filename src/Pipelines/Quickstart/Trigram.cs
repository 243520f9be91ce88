using OnnxPipeline.Text;

namespace OnnxPipeline.Pipelines;

/// <summary>
/// What counting alone can do: an interpolated trigram with modified Kneser–Ney smoothing (Chen and Goodman, 1999). With c the count of a
/// trigram, for the shorter ones the number of different tokens seen before it:
/// <c>p(z | x y) = (c(x y z) − D(c)) / c(x y •) + γ(x y) · p(z | y)</c>, down to the uniform distribution; after a context that was never
/// seen, <c>p(z | y)</c>. The probabilities of a vocabulary sum to 1 after every context.
/// </summary>
public sealed class Trigram
{
    /// <summary>Of a longer text the first tokens are counted; eight bytes each.</summary>
    private const long MostTokens = 1 << 24;

    private readonly NgramCounts _one, _two, _three;
    private readonly int _vocabularySize;

    private Trigram(NgramCounts one, NgramCounts two, NgramCounts three, int vocabularySize) => (_one, _two, _three, _vocabularySize) = (one, two, three, vocabularySize);

    /// <summary>Counts the first 16,777,216 tokens of <paramref name="training"/>.</summary>
    /// <param name="vocabularySize">Greater than every id of the text; at most 2²¹.</param>
    public static Trigram Learn(TokenPart training, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabularySize, 1 << 21);
        long size = vocabularySize;
        var keys = new long[Math.Min(MostTokens, training.Length)];
        training.CopyTo(0, keys);
        for (var i = 0; i + 2 < keys.Length; i++)
        {
            keys[i] = (((keys[i] * size) + keys[i + 1]) * size) + keys[i + 2];
        }

        // A shorter sequence counts once for each longer one that ends with it.
        var three = NgramCounts.Of(keys.AsSpan(0, Math.Max(0, keys.Length - 2)), size);
        var two = NgramCounts.Of(three.Select(key => key % (size * size)), size);
        var one = NgramCounts.Of(two.Select(key => key % size), size);
        return new Trigram(one, two, three, vocabularySize);
    }

    /// <summary>The probability of a token.</summary>
    /// <param name="context">What stands before it, of any length; the last two count.</param>
    public double Probability(ReadOnlySpan<long> context, long token)
    {
        var p = _one.Mixed(0, token, 1.0 / _vocabularySize);
        p = context.Length < 1 ? p : _two.Mixed(context[^1], token, p);
        return context.Length < 2 ? p : _three.Mixed((context[^2] * _vocabularySize) + context[^1], token, p);
    }

    /// <summary>exp of the mean negative log-probability of the validation tokens, each after those before it.</summary>
    public double Perplexity(TokenPart validation)
    {
        Span<long> context = stackalloc long[2];
        var (seen, sum) = (0, 0.0);
        foreach (var id in validation.Ids())
        {
            sum -= Math.Log(Probability(context[(2 - seen)..], id));
            (context[0], context[1], seen) = (context[1], id, Math.Min(2, seen + 1));
        }

        return Math.Exp(sum / validation.Length);
    }
}
