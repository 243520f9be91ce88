namespace OnnxPipeline.Text;

/// <summary>What <see cref="MaskedBlocks.Read"/> wrote.</summary>
/// <param name="Length">Ids, special ones included; what is beyond is padding.</param>
/// <param name="Labels">Positions that count.</param>
/// <param name="IsNext">Of a pair, whether the second text follows the first.</param>
public readonly record struct MaskedBlock(int Length, int Labels, bool IsNext);
