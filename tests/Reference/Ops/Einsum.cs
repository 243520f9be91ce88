namespace OnnxPipeline.Reference.Ops;

internal static class Einsum
{
    // Every letter is an index; an ellipsis stands for indices named 0, 1, … from the last one on.
    public static IReadOnlyList<Array64?> Evaluate(Call c)
    {
        var equation = c.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        var sides = equation.Split("->");
        var terms = sides[0].Split(',').Select((term, i) => Spelled(term, c[i].Rank)).ToArray();
        var most = terms.SelectMany(t => t).Where(char.IsDigit).Select(d => d - '0' + 1).DefaultIfEmpty().Max();
        var output = sides.Length > 1
            ? sides[1].Replace("...", Digits(most), StringComparison.Ordinal)
            : Digits(most) + string.Concat(sides[0].Where(char.IsLetter).GroupBy(l => l).Where(g => g.Count() == 1).Select(g => g.Key).Order());
        var sizes = terms.SelectMany((term, i) => term.Zip(c[i].Dims)).GroupBy(p => p.First, p => p.Second).ToDictionary(g => g.Key, g => g.Contains(0) ? 0 : g.Max());
        var summed = sizes.Keys.Except(output).ToArray();
        int[] dims = [.. output.Select(l => sizes[l])], inner = [.. summed.Select(l => sizes[l])];
        var strides = Enumerable.Range(0, terms.Length).Select(i => Index.Strides(c[i].Dims)).ToArray();
        var result = Index.All(dims).Select(outer => Index.All(inner).Sum(index =>
        {
            var product = 1.0;
            for (var i = 0; i < terms.Length; i++)
            {
                var flat = 0;
                for (var axis = 0; axis < terms[i].Length; axis++)
                {
                    var letter = terms[i][axis];
                    var at = output.IndexOf(letter) is var place && place >= 0 ? outer[place] : index[Array.IndexOf(summed, letter)];
                    flat += c[i].Dims[axis] == 1 ? 0 : at * strides[i][axis];
                }

                product *= c[i].Doubles[flat];
            }

            return product;
        })).ToArray();
        return [new(result, dims)];
    }

    private static string Spelled(string term, int rank)
    {
        var spelled = term.Contains('.') ? term.Replace("...", Digits(rank - (term.Length - 3)), StringComparison.Ordinal) : term;
        return spelled.Length == rank ? spelled : throw new ArgumentException($"term {term} for an operand of rank {rank}");
    }

    private static string Digits(int count) => string.Concat(Enumerable.Range(0, count).Reverse());
}
