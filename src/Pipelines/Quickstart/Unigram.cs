using OnnxPipeline.Text;

namespace OnnxPipeline.Pipelines;

/// <summary>The simplest language model: every token has its frequency in the training text, whatever stands before it. What a model learns beyond it, it learned from context.</summary>
public static class Unigram
{
    /// <summary>exp of the mean negative log-probability of the validation tokens; counts are smoothed by one.</summary>
    public static double Perplexity(TokenPart training, TokenPart validation, int vocabularySize)
    {
        var counts = Counts(training, vocabularySize);
        var held = Counts(validation, vocabularySize);
        double total = training.Length + vocabularySize;
        var sum = 0.0;
        for (var id = 0; id < vocabularySize; id++)
        {
            sum -= held[id] * Math.Log((counts[id] + 1) / total);
        }

        return Math.Exp(sum / validation.Length);
    }

    /// <summary>The share of the validation tokens that are the most frequent one of the training text: what guessing that one for every mask gets right.</summary>
    public static double Accuracy(TokenPart training, TokenPart validation, int vocabularySize)
    {
        var counts = Counts(training, vocabularySize);
        return (double)Counts(validation, vocabularySize)[Array.IndexOf(counts, counts.Max())] / validation.Length;
    }

    private static long[] Counts(TokenPart part, int vocabularySize)
    {
        var counts = new long[vocabularySize];
        foreach (var id in part.Ids())
        {
            counts[id]++;
        }

        return counts;
    }
}
