using OnnxPipeline.Inference;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>What a masked language model puts in the place of the masks in a sentence of the evaluation text.</summary>
internal sealed class MaskSampler : ISampler
{
    /// <summary>Ids of the sentence at most, those around it not counted.</summary>
    private const int Longest = 48;

    private const int Guesses = 5;

    /// <summary>Examples that are looked at for one with a mask.</summary>
    private const int Tried = 64;

    private readonly LiveModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly int[] _ids;
    private readonly int[] _masks;
    private readonly int[] _truths;

    private MaskSampler(LiveModel model, Tokenizer tokenizer, int[] ids, int[] masks, int[] truths) =>
        (_model, _tokenizer, _ids, _masks, _truths) = (model, tokenizer, ids, masks, truths);

    /// <summary>Takes the beginning of the first example that has something to guess there; null where there is none.</summary>
    /// <param name="model">Makes the model, which is disposed with this.</param>
    /// <param name="blocks">The evaluation text: every label is shown as a mask, also where the evaluation leaves the token or puts another one there.</param>
    public static MaskSampler? Of(Func<LiveModel> model, MaskedBlocks blocks, Tokenizer tokenizer)
    {
        long[] ids = new long[blocks.Length], types = new long[blocks.Length], labels = new long[blocks.Length];
        for (var example = 0; example < Math.Min(blocks.Count, Tried); example++)
        {
            var length = Math.Min(blocks.Read(0, example, ids, types, labels).Length - 1, 1 + Longest);
            if (Array.IndexOf(ids, tokenizer.SepId!.Value, 1, length - 1) is var end and > 0)
            {
                length = end; // the first text of a pair
            }

            if (Enumerable.Range(0, length).Where(i => labels[i] != Masking.Ignored).ToArray() is { Length: > 0 } masks)
            {
                var shown = Array.ConvertAll(ids[..(length + 1)], id => (int)id);
                shown[length] = tokenizer.SepId.Value;
                Array.ForEach(masks, i => shown[i] = tokenizer.MaskId!.Value);
                return new(model(), tokenizer, shown, masks, Array.ConvertAll(masks, i => (int)labels[i]));
            }
        }

        return null;
    }

    public Sample After(long step, CancellationToken cancellation)
    {
        var guesses = MaskFilling.Fill(_model.UpToDate(), _ids, Guesses, cancellation);
        var filled = (int[])_ids.Clone();
        foreach (var (position, best) in _masks.Zip(guesses))
        {
            filled[position] = best[0].Id;
        }

        return new(step, Text(_ids), Text(filled)) { Masks = [.. _truths.Zip(guesses, (truth, best) => new SampledMask(_tokenizer.Token(truth)!, best))] };
    }

    public void Dispose() => _model.Dispose();

    /// <summary>Without the tokens around it; ids that a rounded-up vocabulary has beyond the tokenizer's are no text.</summary>
    private string Text(int[] ids) => _tokenizer.Decode(ids[1..^1].Where(id => id < _tokenizer.VocabularySize), keepSpecial: true);
}
