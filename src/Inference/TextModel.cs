using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Text;

namespace OnnxPipeline.Inference;

/// <summary>
/// A language model in use, causal or masked: a folder with <c>model.onnx</c> and, where they are there, its tokenizer, <c>manifest.json</c> and
/// <c>config.json</c>. The graph takes <c>input_ids</c> [batch, length] and gives <c>logits</c> [batch, length, vocabulary]. Safe to use from several threads.
/// </summary>
public sealed class TextModel : IDisposable
{
    private readonly Session _session;
    private readonly string _path;
    private readonly TensorSpec _logits;

    private TextModel(Session session, string path, string folder)
    {
        (_session, _path) = (session, path);
        var unknown = session.Inputs.Where(input => !ModelInputs.CanFill(input)).Select(input => input.Name).ToList();
        if (unknown.Count > 0 || session.Inputs.All(input => input.Name != ModelInputs.Ids))
        {
            throw new InferenceException($"{path} is no language model that can be used here: its inputs are {string.Join(", ", session.Inputs)}; "
                + $"{ModelInputs.Ids} and beside it at most {string.Join(", ", ModelInputs.Others)} were wanted.");
        }

        _logits = session.Outputs.FirstOrDefault(output => output.Name == "logits") ?? session.Outputs.FirstOrDefault(output => output.Dims.Count == 3)!;
        if (_logits is not { Type: ElementType.Float, Dims.Count: 3 })
        {
            throw new InferenceException($"{path} gives no logits: its outputs are {string.Join(", ", session.Outputs)}; logits: Float [batch, length, vocabulary] were wanted.");
        }

        var settings = TextSettings.Read(folder);
        Tokenizer = Tokenizer.IsIn(folder) ? Tokenizer.Load(folder) : null;
        Manifest = File.Exists(Path.Combine(folder, "manifest.json")) ? Manifest.Read(Path.Combine(folder, "manifest.json")) : null;
        Positions = settings.Positions;
        VocabularySize = _logits.Dims[2] > 0 ? (int)_logits.Dims[2] : Tokenizer?.VocabularySize;
        EosIds = [.. settings.EosIds.Append(Tokenizer?.EosId ?? -1).Where(id => id >= 0 && id < (VocabularySize ?? int.MaxValue)).Distinct()];
    }

    /// <summary>Null where the folder has none: then prompts are ids.</summary>
    public Tokenizer? Tokenizer { get; }

    public Manifest? Manifest { get; }

    /// <summary>The greatest number of tokens that the model looks at, by <c>config.json</c>; null where nothing says.</summary>
    public int? Positions { get; }

    /// <summary>Ids are below it; null where neither graph nor tokenizer says.</summary>
    public int? VocabularySize { get; }

    /// <summary>Ids that end a text: those of <c>config.json</c>, <c>generation_config.json</c> and the tokenizer.</summary>
    public IReadOnlyList<int> EosIds { get; }

    /// <summary>Opens an ONNX file, or a folder that holds <c>model.onnx</c>.</summary>
    /// <exception cref="FileFormatException">There is no model.</exception>
    /// <exception cref="InferenceException">It is of another kind.</exception>
    /// <exception cref="OrtException">ONNX Runtime refuses it.</exception>
    public static TextModel Open(string path, SessionSettings? settings = null)
    {
        var (file, folder) = ModelPath.Find(path);
        return Of(Session.Open(file, settings), file, folder);
    }

    /// <summary>A model that is open already.</summary>
    /// <param name="session">Is disposed with this.</param>
    /// <param name="path">What messages call it.</param>
    /// <param name="folder">Where its tokenizer and <c>config.json</c> lie.</param>
    /// <exception cref="InferenceException">It is of another kind.</exception>
    public static TextModel Of(Session session, string path, string folder)
    {
        try
        {
            return new TextModel(session, path, folder);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The ids of a prompt. An empty one begins with the token that begins a text.</summary>
    /// <exception cref="InferenceException">There is no tokenizer, or the prompt is empty and no token begins a text.</exception>
    public IReadOnlyList<int> Encode(string prompt)
    {
        if (Tokenizer is null)
        {
            throw new InferenceException($"{_path} has no tokenizer beside it: put the tokenizer's files there (`onnxpipe generate` takes ids too).");
        }

        return Tokenizer.Encode(prompt).Ids is { Count: > 0 } ids ? ids
            : Tokenizer.BosId is { } first ? [first]
            : throw new InferenceException("The prompt is empty, and the tokenizer has no token that begins a text: give at least one character.");
    }

    /// <summary>The graph's inputs for one row of ids, as a server takes them too.</summary>
    /// <param name="ids">At least one; not cut to <see cref="Positions"/>.</param>
    public IReadOnlyList<NamedTensor> Inputs(ReadOnlySpan<int> ids) => ModelInputs.Of(_session.Inputs, ids);

    /// <summary>The logits of the token after <paramref name="ids"/>, one an id. Of more ids than <see cref="Positions"/> the model sees the last ones.</summary>
    /// <exception cref="InferenceException">There are no ids, or one is not in the vocabulary.</exception>
    public float[] NextLogits(ReadOnlySpan<int> ids, CancellationToken cancellation = default)
    {
        var seen = ids[Math.Max(0, ids.Length - (Positions ?? int.MaxValue))..];
        if (seen.IsEmpty)
        {
            throw new InferenceException("The prompt has no ids; at least one was wanted.");
        }

        var logits = Logits(seen, cancellation);
        return logits.As<float>()[^(int)logits.Dims[^1]..].ToArray();
    }

    /// <summary>The logits of the tokens at <paramref name="positions"/> of a row of ids, one an id for each.</summary>
    /// <exception cref="InferenceException">There are more ids than <see cref="Positions"/>, or one is not in the vocabulary.</exception>
    public IReadOnlyList<float[]> LogitsAt(ReadOnlySpan<int> ids, IReadOnlyList<int> positions, CancellationToken cancellation = default)
    {
        if (ids.Length > Positions)
        {
            throw new InferenceException($"The text has {ids.Length} tokens, special ones included; {_path} takes at most {Positions}. Shorten it.");
        }

        var logits = Logits(ids, cancellation);
        var vocabulary = (int)logits.Dims[^1];
        return [.. positions.Select(position => logits.As<float>().Slice(position * vocabulary, vocabulary).ToArray())];
    }

    public void Dispose() => _session.Dispose();

    /// <summary>[1, length, vocabulary].</summary>
    private Tensor Logits(ReadOnlySpan<int> ids, CancellationToken cancellation)
    {
        foreach (var id in ids)
        {
            if (id < 0 || id >= (VocabularySize ?? int.MaxValue))
            {
                throw new InferenceException($"The id {id} is not in the vocabulary of {_path}: its ids are 0 to {VocabularySize - 1}.");
            }
        }

        return _session.Run(Inputs(ids), [_logits.Name], cancellation)[0].Tensor;
    }
}
