using System.Globalization;

namespace OnnxPipeline.Ir.Inference;

/// <summary>A sum of products of names, with whole factors: what an expression symbol of a dimension means.</summary>
internal sealed class Polynomial
{
    private const int MostTerms = 12;

    /// <summary>Sorted names of a product joined by <c>*</c> (empty: no name) → its factor, never 0.</summary>
    private readonly SortedDictionary<string, long> _terms = new(StringComparer.Ordinal);

    public static Polynomial Of(Dim dim)
    {
        var result = new Polynomial();
        if (dim.IsKnown)
        {
            result.AddTerm("", dim.Value);
            return result;
        }

        foreach (var (term, sign) in Split(dim.Symbol!))
        {
            long factor = sign;
            List<string> names = [];
            foreach (var part in SplitAt(term, "*"))
            {
                if (long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    factor *= number;
                }
                else
                {
                    names.Add(part);
                }
            }

            result.AddTerm(Join(names), factor);
        }

        return result;
    }

    /// <summary>a + sign·b</summary>
    public static Polynomial Sum(Polynomial a, Polynomial b, long sign)
    {
        var result = new Polynomial();
        foreach (var (names, factor) in a._terms)
        {
            result.AddTerm(names, factor);
        }

        foreach (var (names, factor) in b._terms)
        {
            result.AddTerm(names, sign * factor);
        }

        return result;
    }

    /// <summary>Null where it has too many terms.</summary>
    public static Polynomial? Product(Polynomial a, Polynomial b)
    {
        if (a._terms.Count * b._terms.Count > MostTerms)
        {
            return null;
        }

        var result = new Polynomial();
        foreach (var (x, n) in a._terms)
        {
            foreach (var (y, m) in b._terms)
            {
                result.AddTerm(Join(Names(x).Concat(Names(y))), n * m);
            }
        }

        return result;
    }

    /// <summary>a/b where that is exact for every value of the names, else null.</summary>
    public static Polynomial? Quotient(Polynomial a, Polynomial b)
    {
        if (b._terms.Count != 1)
        {
            return null;
        }

        var (divisor, number) = b._terms.First();
        var result = new Polynomial();
        foreach (var (names, factor) in a._terms)
        {
            var left = Names(names).ToList();
            if (factor % number != 0 || !Names(divisor).All(left.Remove))
            {
                return null;
            }

            result.AddTerm(Join(left), factor / number);
        }

        return result;
    }

    /// <summary>A number, a symbol, or unknown where the symbol would be longer than <paramref name="longest"/>.</summary>
    public Dim ToDim(int longest)
    {
        if (_terms.Count == 0)
        {
            return 0;
        }

        if (_terms.Count == 1 && _terms.TryGetValue("", out var number))
        {
            return number;
        }

        // Terms with names first, the plain number last; a term that is added before one that is taken away.
        var ordered = _terms.Where(t => t.Key.Length > 0).OrderBy(t => t.Value < 0).ToList();
        var text = Term(ordered[0].Key, ordered[0].Value);
        foreach (var (names, factor) in ordered.Skip(1))
        {
            text += factor < 0 ? $" - {Term(names, -factor)}" : $" + {Term(names, factor)}";
        }

        if (_terms.TryGetValue("", out var rest))
        {
            text += rest < 0 ? $" - {-rest}" : $" + {rest}";
        }

        return text.Length > longest ? Dim.Unknown : text;
    }

    /// <summary>The symbol as a factor of a product.</summary>
    public static string Parenthesized(string symbol) => Split(symbol).Count() > 1 || SplitAt(symbol, "/").Count() > 1 ? $"({symbol})" : symbol;

    private static string Term(string names, long factor) => factor == 1 ? names : factor == -1 ? $"-1*{names}" : $"{names}*{factor}";

    private void AddTerm(string names, long factor)
    {
        var sum = _terms.GetValueOrDefault(names) + factor;
        if (sum == 0)
        {
            _terms.Remove(names);
        }
        else
        {
            _terms[names] = sum;
        }
    }

    private static string Join(IEnumerable<string> names) => string.Join("*", names.Order(StringComparer.Ordinal));

    private static IEnumerable<string> Names(string term) => term.Length == 0 ? [] : SplitAt(term, "*");

    private static IEnumerable<(string Term, long Sign)> Split(string symbol)
    {
        foreach (var positive in SplitAt(symbol, " + "))
        {
            var sign = 1L;
            foreach (var part in SplitAt(positive, " - "))
            {
                yield return part.StartsWith("-1*", StringComparison.Ordinal) ? (part[3..], -sign) : (part, sign);
                sign = -1;
            }
        }
    }

    /// <summary>The parts between the separators that stand outside parentheses.</summary>
    private static IEnumerable<string> SplitAt(string text, string separator)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth == 0 && string.CompareOrdinal(text, i, separator, 0, separator.Length) == 0)
            {
                yield return text[start..i];
                start = i + separator.Length;
                i = start - 1;
            }
        }

        yield return text[start..];
    }
}
