using System.Buffers;
using System.Text;

namespace OnnxPipeline.Text;

/// <summary>
/// Text to ids and back, with the results of Hugging Face's tokenizers. Special tokens in a text are recognised as such. Text that is not
/// well-formed UTF-16 is read with U+FFFD in place of what is wrong. Safe to use from several threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenModel _model;
    private readonly TokenizerFiles _files;
    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly bool[] _beginsWord;
    private readonly HashSet<int> _special;
    private readonly string[] _added;
    private readonly SearchValues<string>? _addedSearch;

    private Tokenizer(TokenizerFiles files)
    {
        (_files, _model) = (files, files.Model);
        _ids = new Dictionary<string, int>(_model.Vocabulary);
        foreach (var added in files.Added)
        {
            _ids[added.Content] = added.Id;
        }

        VocabularySize = _ids.Values.Max() + 1;
        _tokens = new string?[VocabularySize];
        foreach (var (token, id) in _ids)
        {
            _tokens[id] = token;
        }

        _special = [.. files.Added.Where(added => added.Special).Select(added => added.Id)];
        _added = [.. files.Added.Select(added => added.Content).OrderByDescending(content => content.Length)];
        _addedSearch = _added.Length == 0 ? null : SearchValues.Create(_added, StringComparison.Ordinal);
        _beginsWord = Array.ConvertAll(_tokens, token => token is not null && _model.BeginsWord(token));
        (BosId, EosId, UnkId, PadId) = (IdOf("bos_token"), IdOf("eos_token"), IdOf("unk_token"), IdOf("pad_token"));
        (ClsId, SepId, MaskId) = (IdOf("cls_token"), IdOf("sep_token"), IdOf("mask_token"));
        int? IdOf(string name) => files.Named.TryGetValue(name, out var token) && _ids.TryGetValue(token, out var id) ? id : null;
    }

    /// <summary><c>bpe</c> (byte level), <c>char</c> or <c>wordpiece</c>.</summary>
    public string Kind => _model.Kind;

    /// <summary>The greatest id and one: rows of an embedding table that fits.</summary>
    public int VocabularySize { get; }

    /// <summary>Begins a text; null where the tokenizer has no such token.</summary>
    public int? BosId { get; }

    /// <summary>Ends a text, and separates the texts of a corpus.</summary>
    public int? EosId { get; }

    /// <summary>Stands for what the vocabulary cannot express. Byte-level BPE can express everything.</summary>
    public int? UnkId { get; }

    /// <summary>Fills a batch up.</summary>
    public int? PadId { get; }

    /// <summary>Begins a text, and holds what a classifier reads (BERT).</summary>
    public int? ClsId { get; }

    /// <summary>Ends a text, and stands between the two of a pair (BERT).</summary>
    public int? SepId { get; }

    /// <summary>Stands for a token that a masked language model is to guess.</summary>
    public int? MaskId { get; }

    /// <summary>SHA-256 of the tokenizer's files.</summary>
    public string Fingerprint => _files.Fingerprint;

    /// <summary>Reads <c>tokenizer.json</c> and <c>tokenizer_config.json</c>, or GPT-2's <c>vocab.json</c> and <c>merges.txt</c>, or BERT's <c>vocab.txt</c>.</summary>
    /// <param name="folder">A tokenizer folder or a model folder.</param>
    /// <exception cref="Files.PipelineException">The files are not there, damaged, or want something that we do not do; the message names it.</exception>
    public static Tokenizer Load(string folder) => new(TokenizerFiles.Read(folder));

    /// <summary>Whether a folder holds files that <see cref="Load"/> would read.</summary>
    public static bool IsIn(string folder) => TokenizerFiles.AreIn(folder);

    /// <summary>Writes the files that this tokenizer was read from into another folder, byte for byte.</summary>
    public void SaveTo(string folder) => _files.WriteTo(folder);

    /// <summary>The token with an id; null where the vocabulary leaves that id out.</summary>
    /// <exception cref="TextException">There is no such id.</exception>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length
        ? _tokens[id]
        : throw new TextException($"There is no token with the id {id}: the vocabulary has the ids 0 to {VocabularySize - 1}.");

    /// <summary>The id of a token as the vocabulary writes it; null if there is no such token.</summary>
    public int? Id(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>Whether decoded text leaves the token out: <c>[CLS]</c>, <c>&lt;|endoftext|&gt;</c> and their like. False for an id that no token has.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>
    /// Whether a word begins with the token: in WordPiece every token without the prefix <c>##</c>, elsewhere one that begins with neither letter nor
    /// digit (a space before a word is part of it). The first token of a text begins a word whatever it is. False for an id that no token has.
    /// </summary>
    public bool BeginsWord(int id) => (uint)id < (uint)_beginsWord.Length && _beginsWord[id];

    /// <summary>The tokens of a text.</summary>
    /// <param name="addSpecial">Whether to add the special tokens that the tokenizer puts around a text (byte-level BPE of GPT-2's form and characters have none; WordPiece has <c>[CLS]</c> and <c>[SEP]</c>).</param>
    /// <param name="maxLength">The greatest number of tokens, added ones included; what is beyond goes to <see cref="EncodedText.Overflow"/>.</param>
    /// <exception cref="TextException"><paramref name="maxLength"/> leaves no room for the text.</exception>
    public EncodedText Encode(string text, bool addSpecial = true, int? maxLength = null)
    {
        text = WellFormed(text);
        var list = new TokenList([], withSpans: true);
        Encode(text, list);
        var frame = addSpecial ? _files.Frame : TokenFrame.None;
        var room = maxLength is { } most ? most - frame.Before.Count - frame.After.Count : int.MaxValue;
        if (room <= 0)
        {
            throw new TextException($"A length of at most {maxLength} leaves no room beside {frame.Before.Count + frame.After.Count} special tokens.");
        }

        var codePoints = CodePoints(text);
        var offsets = list.Spans.Take(room).Select(span => (codePoints(span.Start), codePoints(span.End)));
        var ids = frame.Around(list.Ids.Take(room));
        return new EncodedText(
            ids,
            new int[ids.Count],
            [.. ids.Select(id => _tokens[id]!)],
            [.. frame.Before.Select(_ => (0, 0)), .. offsets, .. frame.After.Select(_ => (0, 0))],
            [.. list.Ids.Skip(room).Chunk(room).Select(frame.Around)]);
    }

    /// <summary>Appends the ids of a text, nothing added: the short form for corpora.</summary>
    public void Encode(string text, List<int> ids) => Encode(WellFormed(text), new TokenList(ids, withSpans: false));

    /// <summary>The text of ids.</summary>
    /// <param name="keepSpecial">Whether special tokens are written out.</param>
    /// <exception cref="TextException">There is no such id.</exception>
    public string Decode(IEnumerable<int> ids, bool keepSpecial = false) =>
        _model.Decode(ids.Where(id => keepSpecial || !_special.Contains(id)).Select(Token).OfType<string>());

    private void Encode(string text, TokenList into)
    {
        for (var at = 0; at < text.Length;)
        {
            var (start, length) = NextAdded(text, at);
            if (start > at)
            {
                EncodePlain(text, at, start, into);
            }

            if (length > 0)
            {
                into.Add(_ids[text.Substring(start, length)], start, start + length);
            }

            at = start + length;
        }
    }

    private void EncodePlain(string text, int start, int end, TokenList into)
    {
        if (_files.Normalizer is not { } normalize)
        {
            _model.Encode(text.AsSpan(start, end - start), start, into);
            return;
        }

        var changed = normalize(text[start..end], out var origin);
        var first = into.Spans.Count;
        _model.Encode(changed, origin is null ? start : 0, into);
        if (origin is null)
        {
            return;
        }

        // A token stands for the whole of every character that something of it comes from.
        for (var i = first; i < into.Spans.Count; i++)
        {
            var (from, to) = into.Spans[i];
            var (begin, last) = (start + origin[from], start + origin[to - 1]);
            into.Spans[i] = (begin, last + (char.IsHighSurrogate(text[last]) ? 2 : 1));
        }
    }

    /// <summary>The next added token and its length, the longest of those that begin there; the end and 0 if there is none.</summary>
    private (int Start, int Length) NextAdded(string text, int at)
    {
        var found = _addedSearch is null ? -1 : text.AsSpan(at).IndexOfAny(_addedSearch);
        if (found < 0)
        {
            return (text.Length, 0);
        }

        var start = at + found;
        return (start, _added.First(added => text.AsSpan(start).StartsWith(added, StringComparison.Ordinal)).Length);
    }

    /// <summary>UTF-16 position to code point position.</summary>
    private static Func<int, int> CodePoints(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return position => position;
        }

        var points = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
        {
            points[i + 1] = points[i] + (char.IsHighSurrogate(text[i]) ? 0 : 1);
        }

        return position => points[position];
    }

    private static string WellFormed(string text)
    {
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text)); // both ways replace
            }
        }

        return text;
    }
}
