using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>
/// Documents as examples of a masked language model. A micro-batch is as long as its longest example, rounded up to a multiple of 8 so that
/// shapes repeat; the others are padded, without attention and without labels.
/// </summary>
public sealed class MaskedExamples : IExamples
{
    /// <summary>Metric → input that has the labels whose hits it counts.</summary>
    private static readonly Dictionary<string, string> Hits = new() { ["masked_accuracy"] = Labels, ["next_sentence_accuracy"] = NextSentence };

    private const string Labels = "labels", NextSentence = "next_sentence_label";

    private const int Multiple = 8;

    private readonly MaskedBlocks _blocks;
    private readonly int _padding;
    private readonly Func<Row, long[]>[] _columns;
    private readonly bool[] _isLabelOfPair;
    private readonly bool _fixedLength;
    private readonly List<Row> _rows = [];
    private long[] _loaded = [];
    private long _epoch = -1;

    /// <param name="blocks">Where the examples come from.</param>
    /// <param name="padding">The id that fills rows up.</param>
    /// <param name="inputs">
    /// What the training graph takes: <c>input_ids</c>, <c>labels</c>, and perhaps <c>attention_mask</c>, <c>token_type_ids</c>, <c>position_ids</c>, each [batch, sequence],
    /// and of pairs <c>next_sentence_label</c> [batch]; int64.
    /// </param>
    /// <exception cref="TrainingException">The graph takes something else.</exception>
    public MaskedExamples(MaskedBlocks blocks, int padding, IReadOnlyList<TensorSpec> inputs)
    {
        (_blocks, _padding) = (blocks, padding);
        _isLabelOfPair = [.. inputs.Select(input => input.Name == NextSentence)];
        _columns = [.. inputs.Select((input, i) => Fits(input, _isLabelOfPair[i]) ? ColumnOf(input.Name) : null).Select((column, i) => column
            ?? throw new TrainingException($"The model takes the input '{inputs[i]}', which masked text does not give. It gives input_ids, labels, attention_mask, token_type_ids and position_ids, each int64 [batch, sequence] for blocks of {blocks.Length} tokens, and of pairs next_sentence_label [batch]."))];
        _fixedLength = inputs.Any(input => input.Dims is [_, > 0]);
        Metrics = [.. HitsOf(inputs.Select(input => input.Name)).Keys];
        Unit = _isLabelOfPair.Contains(true) ? "examples" : "masked tokens";
    }

    public long Count => _blocks.Count;

    /// <summary>Labels, which are tokens that are to be guessed; of pairs examples, whose loss is the sum of a mean over labels and one over examples.</summary>
    public string Unit { get; }

    /// <summary>
    /// <c>masked_accuracy</c>: the share of the masked positions whose most probable token is the one that was there; of pairs also <c>next_sentence_accuracy</c>.
    /// </summary>
    public IReadOnlyList<string> Metrics { get; }

    /// <summary>The metrics of a model with these inputs, as the artifacts take them.</summary>
    internal static IReadOnlyDictionary<string, string> HitsOf(IEnumerable<string> inputs) => Hits.Where(hit => inputs.Contains(hit.Value)).ToDictionary();

    public long Counted(long epoch, ReadOnlySpan<long> rows)
    {
        if (Unit == "examples")
        {
            return rows.Length;
        }

        Load(epoch, rows);
        return _rows.Take(rows.Length).Sum(row => (long)row.Block.Labels);
    }

    public void Fill(ITrainingEngine engine, long epoch, ReadOnlySpan<long> rows)
    {
        Load(epoch, rows);
        var length = _fixedLength ? _blocks.Length : Math.Min(_blocks.Length, (_rows.Take(rows.Length).Max(row => row.Block.Length) + Multiple - 1) / Multiple * Multiple);
        for (var i = 0; i < _columns.Length; i++)
        {
            var target = MemoryMarshal.Cast<byte, long>(_isLabelOfPair[i] ? engine.Input(i, [rows.Length]) : engine.Input(i, [rows.Length, length]));
            for (var r = 0; r < rows.Length; r++)
            {
                var column = _columns[i](_rows[r]);
                var taken = Math.Min(column.Length, length);
                column.AsSpan(0, taken).CopyTo(target);
                target = target[taken..];
            }
        }
    }

    /// <summary>Makes the examples, unless they are those that were asked for last.</summary>
    private void Load(long epoch, ReadOnlySpan<long> rows)
    {
        if (epoch == _epoch && rows.SequenceEqual(_loaded))
        {
            return;
        }

        while (_rows.Count < rows.Length)
        {
            _rows.Add(new Row(_blocks.Length));
        }

        for (var i = 0; i < rows.Length; i++)
        {
            _rows[i].Load(_blocks, epoch, rows[i], _padding);
        }

        (_epoch, _loaded) = (epoch, rows.ToArray());
    }

    private bool Fits(TensorSpec input, bool isLabelOfPair) => input.Type == ElementType.Int64
        && (isLabelOfPair ? input.Dims.Count == 1 : input.Dims.Count == 2 && (input.Dims[1] < 0 || input.Dims[1] == _blocks.Length));

    private static Func<Row, long[]>? ColumnOf(string name) => name switch
    {
        "input_ids" => row => row.Ids,
        "attention_mask" => row => row.Attention,
        "token_type_ids" => row => row.Types,
        "position_ids" => row => row.Positions,
        Labels => row => row.Labels,
        NextSentence => row => row.NextSentence,
        _ => null,
    };

    /// <summary>One example, as long as a block.</summary>
    private sealed class Row(int length)
    {
        public long[] Ids { get; } = new long[length];

        public long[] Attention { get; } = new long[length];

        public long[] Types { get; } = new long[length];

        public long[] Positions { get; } = [.. Enumerable.Range(0, length)];

        public long[] Labels { get; } = new long[length];

        /// <summary>As Transformers counts: 0 where the second text follows the first.</summary>
        public long[] NextSentence { get; } = new long[1];

        public MaskedBlock Block { get; private set; }

        public void Load(MaskedBlocks blocks, long epoch, long example, int padding)
        {
            Block = blocks.Read(epoch, example, Ids, Types, Labels);
            Ids.AsSpan(Block.Length).Fill(padding);
            Attention.AsSpan(0, Block.Length).Fill(1);
            Attention.AsSpan(Block.Length).Clear();
            NextSentence[0] = Block.IsNext ? 0 : 1;
        }
    }
}
