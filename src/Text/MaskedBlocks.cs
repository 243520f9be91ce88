namespace OnnxPipeline.Text;

/// <summary>
/// Examples of masked language modelling: <c>[CLS] text [SEP]</c>, or for next sentence prediction <c>[CLS] A [SEP] B [SEP]</c>. The texts of an example are
/// of one document, and as long as the block allows (<see cref="DocumentPieces"/>); of a pair B goes on where A ends, or, in half of the examples,
/// is from anywhere in another document, as long as what A was followed by. There is no state: masks, cuts and pairs follow from (seed, epoch, example).
/// </summary>
public sealed class MaskedBlocks
{
    private readonly Documents _documents;
    private readonly DocumentPieces _pieces;
    private readonly Tokenizer _tokenizer;
    private readonly Masking _masking;
    private readonly bool _pairs;
    private readonly long _seed;
    private readonly (int Cls, int Sep) _frame;

    private MaskedBlocks(Documents documents, Tokenizer tokenizer, Masking masking, int length, bool pairs, long seed, bool isTraining)
    {
        (_documents, _tokenizer, _masking, _pairs, _seed, Length) = (documents, tokenizer, masking, pairs, isTraining ? seed : ~seed, length);
        _frame = tokenizer is { ClsId: { } cls, SepId: { } sep } ? (cls, sep) : throw new TextException(
            $"The tokenizer (kind {tokenizer.Kind}) has no tokens [CLS] and [SEP], which stand around the texts of masked language models. `onnxpipe tokenizer train --kind wordpiece` makes one that has them.");
        var around = pairs ? 3 : 2;
        if (length <= around + (pairs ? 1 : 0))
        {
            throw new TextException($"A block of {length} leaves no room for text beside {around} special tokens. Give a larger --block.", exitCode: 64);
        }

        if (documents.Count < (pairs ? 2 : 1))
        {
            throw new TextException(pairs
                ? $"The {(isTraining ? "training" : "validation")} text is {documents.Count} document; next sentence prediction draws from another one and needs 2. Say with --documents what ends a document (line, blank-line, file), or give more text."
                : $"The {(isTraining ? "training" : "validation")} text has no tokens.");
        }

        _pieces = new DocumentPieces(documents, length - around, isTraining ? seed : null);
    }

    /// <summary>The greatest number of ids in an example.</summary>
    public int Length { get; }

    /// <summary>Examples in an epoch.</summary>
    public long Count => _pieces.Count;

    /// <summary>Cuts and pairs are drawn anew for each epoch, like the masks.</summary>
    /// <param name="length">The greatest number of ids, special ones included.</param>
    /// <param name="pairs">Whether examples are pairs.</param>
    /// <exception cref="TextException">The tokenizer lacks a token, the block is too short, or there are too few documents.</exception>
    public static MaskedBlocks ForTraining(Documents documents, Tokenizer tokenizer, Masking masking, int length, bool pairs, long seed) =>
        new(documents, tokenizer, masking, length, pairs, seed, isTraining: true);

    /// <summary>The reader asks for one epoch again and again: everything is fixed by the seed.</summary>
    /// <inheritdoc cref="ForTraining"/>
    public static MaskedBlocks ForValidation(Documents documents, Tokenizer tokenizer, Masking masking, int length, bool pairs, long seed) =>
        new(documents, tokenizer, masking, length, pairs, seed, isTraining: false);

    /// <summary>Writes an example to the beginning of memory for <see cref="Length"/> entries each.</summary>
    /// <param name="types">0 for <c>[CLS] A [SEP]</c>, 1 for <c>B [SEP]</c>.</param>
    /// <param name="labels">The id at masked positions, elsewhere <see cref="Masking.Ignored"/>.</param>
    public MaskedBlock Read(long epoch, long example, Span<long> ids, Span<long> types, Span<long> labels)
    {
        var draws = new Draws(_seed, epoch, example);
        var (document, start, count) = _pieces.Find(epoch, example);
        ids[0] = _frame.Cls;
        _documents.CopyTo(document, start, ids.Slice(1, count));
        var (length, isNext) = (count + 2, false);
        types[..Length].Clear();
        if (_pairs)
        {
            var cut = Cut(draws, ids.Slice(1, count));
            isNext = cut < count && draws.Share(Masking.Purpose.IsNext) < 0.5;
            var second = ids[(cut + 2)..];
            var rest = isNext ? Follow(ids.Slice(cut + 1, count - cut), second) : Other(draws, document, Math.Max(1, count - cut), second);
            ids[cut + 1] = _frame.Sep;
            length = cut + rest + 3;
            types[(cut + 2)..length].Fill(1);
        }

        ids[length - 1] = _frame.Sep;
        labels[length..Length].Fill(Masking.Ignored);
        return new MaskedBlock(length, _masking.Apply(draws, ids[..length], labels[..length]), isNext);
    }

    /// <summary>Ids of A: anywhere but at the ends, if it can be between two words.</summary>
    private int Cut(in Draws draws, ReadOnlySpan<long> ids)
    {
        var cut = ids.Length < 2 ? ids.Length : 1 + (int)draws.Below(Masking.Purpose.Cut, ids.Length - 1);
        while (cut < ids.Length - 1 && !_tokenizer.BeginsWord((int)ids[cut]))
        {
            cut++;
        }

        return cut;
    }

    private static int Follow(ReadOnlySpan<long> text, Span<long> to)
    {
        text.CopyTo(to); // one on, for the separator
        return text.Length;
    }

    /// <summary>Ids from another document, every document as likely; from the beginning of a word if one comes before the end is reached.</summary>
    private int Other(in Draws draws, int document, int wanted, Span<long> to)
    {
        var other = (int)draws.Below(Masking.Purpose.OtherDocument, _documents.Count - 1);
        other += other >= document ? 1 : 0;
        var length = _documents.LengthOf(other);
        var count = (int)Math.Min(wanted, length);
        for (var start = draws.Below(Masking.Purpose.OtherStart, length - count + 1); ; start++)
        {
            _documents.CopyTo(other, start, to[..count]);
            if (start == length - count || _tokenizer.BeginsWord((int)to[0]))
            {
                return count;
            }
        }
    }
}
