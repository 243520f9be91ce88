using System.Runtime.InteropServices;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;
using OnnxPipeline.Text;

namespace OnnxPipeline.Training;

/// <summary>Blocks of a text as examples of a causal language model: every position predicts the token after it, so that every label counts.</summary>
public sealed class CausalExamples : IExamples
{
    private readonly CausalBlocks _blocks;
    private readonly Action<long, long, Span<long>>[] _fill;

    /// <param name="inputs">What the training graph takes: <c>input_ids</c>, the labels, and perhaps <c>attention_mask</c>, <c>token_type_ids</c>, <c>position_ids</c>; each [batch, sequence] int64.</param>
    /// <param name="labels">The input that holds the labels.</param>
    /// <exception cref="TrainingException">The graph takes something else.</exception>
    public CausalExamples(CausalBlocks blocks, IReadOnlyList<TensorSpec> inputs, string labels)
    {
        _blocks = blocks;
        _fill = [.. inputs.Select(input => Fits(input) ? FillOf(input.Name, labels) : null).Select((fill, i) => fill
            ?? throw new TrainingException($"The model takes the input '{inputs[i]}', which text does not give. It gives input_ids, {labels}, attention_mask, token_type_ids and position_ids, each int64 [batch, sequence] for blocks of {blocks.Length} tokens."))];
    }

    public long Count => _blocks.Count;

    public string Unit => "tokens";

    public long Counted(long epoch, ReadOnlySpan<long> rows) => (long)rows.Length * _blocks.Length;

    public void Fill(ITrainingEngine engine, long epoch, ReadOnlySpan<long> rows)
    {
        for (var i = 0; i < _fill.Length; i++)
        {
            var target = MemoryMarshal.Cast<byte, long>(engine.Input(i, [rows.Length, _blocks.Length]));
            foreach (var row in rows)
            {
                _fill[i](epoch, row, target[.._blocks.Length]);
                target = target[_blocks.Length..];
            }
        }
    }

    private bool Fits(TensorSpec input) => input.Type == ElementType.Int64 && input.Dims.Count == 2 && (input.Dims[1] < 0 || input.Dims[1] == _blocks.Length);

    private Action<long, long, Span<long>>? FillOf(string name, string labels) =>
        name == labels ? _blocks.Labels
        : name switch
        {
            "input_ids" => _blocks.Inputs,
            "attention_mask" => (_, _, to) => to.Fill(1),
            "token_type_ids" => (_, _, to) => to.Clear(),
            "position_ids" => (_, _, to) => Ascend(to),
            _ => null,
        };

    private static void Ascend(Span<long> to)
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = i;
        }
    }
}
