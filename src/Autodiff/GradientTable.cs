namespace OnnxPipeline.Autodiff;

/// <summary>
/// Which rule differentiates which operator. Immutable: <see cref="With"/> gives a table with one more entry, so that a program can add
/// rules for operators of its own. An operator is in one of three states: it has a rule; it is listed as having no gradient (comparisons,
/// Floor, Shape, …: a gradient that arrives there ends); or it is absent, and differentiating through it is an error.
/// </summary>
public sealed partial class GradientTable
{
    private readonly Dictionary<(string Domain, string Op), List<Entry>> _entries;

    private GradientTable(Dictionary<(string, string), List<Entry>> entries) => _entries = entries;

    /// <summary>One line of the table.</summary>
    /// <param name="Since">The first version of the domain at which the entry holds; it holds until the next one's.</param>
    /// <param name="Rule">Null: the operator has no gradient.</param>
    /// <param name="Broadcasts">Inputs may have been broadcast: the walker sums each gradient back to its input's shape.</param>
    public sealed record Entry(string Domain, string Op, int Since, GradientRule? Rule, bool Broadcasts);

    /// <summary>Every entry, ordered by domain, operator and version.</summary>
    public IEnumerable<Entry> Entries => _entries.Values.SelectMany(e => e).OrderBy(e => e.Domain, StringComparer.Ordinal).ThenBy(e => e.Op, StringComparer.Ordinal).ThenBy(e => e.Since);

    /// <summary>The entry for an operator at a version of its domain; null where there is none.</summary>
    public Entry? Find(string domain, string op, int version) =>
        _entries.TryGetValue((domain, op), out var entries) ? entries.LastOrDefault(e => e.Since <= version) : null;

    /// <summary>This table with one more rule; it takes the place of one for the same domain, operator and version.</summary>
    /// <param name="domain">Empty for ONNX's own operators.</param>
    /// <param name="since">The first version of the domain at which the rule holds.</param>
    /// <param name="rule">Null: the operator has no gradient, on purpose.</param>
    /// <param name="broadcasts">Whether the walker is to sum each gradient back to its input's shape.</param>
    public GradientTable With(string domain, string op, int since, GradientRule? rule, bool broadcasts = false)
    {
        var entries = new Dictionary<(string, string), List<Entry>>(_entries);
        var versions = entries.TryGetValue((domain, op), out var old) ? old.Where(e => e.Since != since) : [];
        entries[(domain, op)] = [.. versions.Append(new(domain, op, since, rule, broadcasts)).OrderBy(e => e.Since)];
        return new(entries);
    }
}
