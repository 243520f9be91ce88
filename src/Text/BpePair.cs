namespace OnnxPipeline.Text;

/// <summary>What is known of two tokens that stand side by side in words.</summary>
internal sealed class BpePair
{
    private int[] _listed = [];
    private int _count;

    /// <summary>How often they do, in the whole text.</summary>
    public long Count { get; set; }

    /// <summary>Whether the step that is being done made it more frequent.</summary>
    public bool Grown { get; set; }

    /// <summary>That have the pair, or had it once.</summary>
    public ReadOnlySpan<int> Words => _listed.AsSpan(0, _count);

    /// <returns>False if it is the last in the list already.</returns>
    public bool Add(int word)
    {
        if (_count > 0 && _listed[_count - 1] == word)
        {
            return false;
        }

        if (_count == _listed.Length)
        {
            Array.Resize(ref _listed, Math.Max(1, 2 * _count));
        }

        _listed[_count++] = word;
        return true;
    }

    public void ForgetWords() => (_listed, _count) = ([], 0);

    /// <summary>Which two, in their order.</summary>
    internal readonly record struct Key(int Left, int Right)
    {
        /// <summary>Spread by a multiplication: ids are small numbers, and what .NET makes of two of them is the same for many pairs.</summary>
        public override int GetHashCode() => (int)((((ulong)(uint)Left << 32) | (uint)Right) * 0x9E3779B97F4A7C15UL >> 32);
    }
}
