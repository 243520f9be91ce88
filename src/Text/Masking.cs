namespace OnnxPipeline.Text;

/// <summary>
/// BERT's masks: of the ids that are no special tokens a share becomes labels; of these 80 % are replaced by the mask token, 10 % by a random
/// ordinary token, 10 % stay. Of n ids ⌊n · share + u⌋ are chosen, u uniform in [0, 1), and at least one, so that the share is exact on average.
/// </summary>
public sealed class Masking
{
    /// <summary>The label of positions that do not count.</summary>
    public const long Ignored = -100;

    private readonly int _mask;
    private readonly double _share;
    private readonly bool[] _special;
    private readonly bool[]? _begins;
    private readonly int[] _ordinary;

    /// <param name="share">Of the ids, above 0 and at most 1.</param>
    /// <param name="wholeWords">Whether the ids of a word are chosen together; words that would go beyond the number of ids are passed over, unless they are the only one.</param>
    /// <exception cref="TextException">The tokenizer has no mask token.</exception>
    public Masking(Tokenizer tokenizer, double share, bool wholeWords)
    {
        _mask = tokenizer.MaskId ?? throw new TextException(
            $"The tokenizer (kind {tokenizer.Kind}) has no mask token, which masked language models are trained with. `onnxpipe tokenizer train --kind wordpiece` makes one that has it.");
        _share = share;
        var ids = Enumerable.Range(0, tokenizer.VocabularySize);
        _special = [.. ids.Select(tokenizer.IsSpecial)];
        _begins = wholeWords ? [.. ids.Select(tokenizer.BeginsWord)] : null;
        _ordinary = [.. ids.Where(id => !_special[id] && tokenizer.Token(id) is not null)];
    }

    /// <summary>Masks ids in place and fills in the labels; gives how many count.</summary>
    internal int Apply(in Draws draws, Span<long> ids, Span<long> labels)
    {
        labels.Fill(Ignored);
        Span<int> starts = ids.Length <= 1024 ? stackalloc int[ids.Length] : new int[ids.Length];
        Span<int> ends = ids.Length <= 1024 ? stackalloc int[ids.Length] : new int[ids.Length];
        Span<ulong> keys = ids.Length <= 1024 ? stackalloc ulong[ids.Length] : new ulong[ids.Length];
        var (units, eligible) = Units(ids, starts, ends);
        if (units == 0)
        {
            return 0;
        }

        for (var i = 0; i < units; i++)
        {
            keys[i] = draws[Index(starts[i], 0)];
        }

        Span<int> order = units <= 1024 ? stackalloc int[units] : new int[units];
        for (var i = 0; i < units; i++)
        {
            order[i] = i;
        }

        keys[..units].Sort(order);
        var wanted = Math.Max(1, (int)((eligible * _share) + draws.Share(Purpose.Rounding)));
        var count = 0;
        for (var i = 0; i < units && count < wanted; i++)
        {
            var (start, end) = (starts[order[i]], ends[order[i]]);
            if (count + end - start <= wanted)
            {
                count += Mask(draws, ids, labels, start, end);
            }
        }

        return count > 0 ? count : Mask(draws, ids, labels, starts[order[0]], ends[order[0]]);
    }

    /// <summary>What is chosen as one: a position, or the positions of a word; gives their number and that of all their positions.</summary>
    private (int Units, int Positions) Units(ReadOnlySpan<long> ids, Span<int> starts, Span<int> ends)
    {
        var (units, positions) = (0, 0);
        for (var i = 0; i < ids.Length; i++)
        {
            if (_special[ids[i]])
            {
                continue;
            }

            if (_begins is not null && units > 0 && ends[units - 1] == i && !_begins[ids[i]])
            {
                ends[units - 1] = i + 1;
            }
            else
            {
                (starts[units], ends[units]) = (i, i + 1);
                units++;
            }

            positions++;
        }

        return (units, positions);
    }

    private int Mask(in Draws draws, Span<long> ids, Span<long> labels, int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            labels[i] = ids[i];
            ids[i] = draws.Share(Index(i, 1)) switch
            {
                < 0.8 => _mask,
                < 0.9 => _ordinary[draws.Below(Index(i, 2), _ordinary.Length)],
                _ => ids[i],
            };
        }

        return end - start;
    }

    /// <summary>Numbers of a position: 0 its place in the order, 1 what becomes of it, 2 the random token.</summary>
    private static long Index(int position, int number) => Purpose.Positions + (3L * position) + number;

    /// <summary>Which of an example's random numbers is for what.</summary>
    internal static class Purpose
    {
        public const long Rounding = 0, IsNext = 1, Cut = 2, OtherDocument = 3, OtherStart = 4, Positions = 8;
    }
}
