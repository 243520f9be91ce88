using NUnit.Framework;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class EinsumTests
{
    internal static IEnumerable<GradientCase> Cases()
    {
        foreach (var (equation, dims) in new (string, int[])[]
        {
            ("i->i", [3]), ("i->", [3]), ("ij->ji", [2, 3]), ("ij->i", [2, 3]), ("ij->j", [2, 3]), ("ij->", [2, 3]), ("ij", [2, 3]), ("ba", [2, 3]), (" i j -> j i ", [2, 3]), ("ijk->ki", [2, 3, 2]),
            ("ii->i", [3, 3]), ("ii->", [3, 3]), ("ii", [3, 3]), ("iij->ij", [2, 2, 3]), ("iji->j", [2, 3, 2]), ("iiji->ij", [2, 2, 3, 2]), ("iijj->ij", [2, 2, 3, 3]), ("iijj->j", [2, 2, 3, 3]),
        })
        {
            yield return new GradientCase("Einsum", X(dims)).With(("equation", equation));
        }

        foreach (var (equation, a, b) in new (string, int[], int[])[]
        {
            ("ij,jk->ik", [2, 3], [3, 2]), ("ij,jk", [2, 3], [3, 2]), ("ij,kj->ki", [2, 3], [2, 3]), ("bij,bjk->bik", [2, 2, 3], [2, 3, 2]), ("bhqd,bhkd->bhqk", [1, 2, 3, 2], [1, 2, 2, 2]), ("bqhd,bkhd->bhqk", [2, 2, 1, 3], [2, 3, 1, 3]),
            ("i,j->ij", [2], [3]), ("i,i->", [3], [3]), ("i,i->i", [3], [3]), ("ij,ij->", [2, 3], [2, 3]), ("ij,k->i", [2, 3], [2]), ("ij,j->", [2, 3], [3]), ("ij,->ij", [2, 3], []), (",i->i", [], [3]), (",->", [], []), (",i->", [], [3]),
            ("ii,i->i", [3, 3], [3]), ("ii,ij->j", [2, 2], [2, 3]), ("ij,jj->i", [2, 3], [3, 3]), ("ij,jk->ik", [2, 1], [3, 2]), ("i,i->i", [1], [3]), ("Ab,bC->AC", [2, 3], [3, 2]),
        })
        {
            yield return new GradientCase("Einsum", X(a), X2(b)).With(("equation", equation));
            yield return new GradientCase("Einsum", X(a), Frozen(b)).With(("equation", equation));
        }

        foreach (var (equation, a, b) in new (string, int[], int[])[]
        {
            ("...ij,...jk->...ik", [2, 2, 3], [2, 3, 2]), ("...ij,jk->...ik", [2, 2, 3], [3, 2]), ("...ij,...jk", [2, 3], [3, 2]), ("...ij,...jk->...ik", [2, 2, 3], [3, 2]), ("...ij,...jk->...ik", [2, 1, 2, 3], [3, 3, 2]), ("i...,i...->...", [2, 3], [2, 3]),
            ("i...,ij->j...", [2, 3], [2, 2]), ("i...j,...j->i...", [2, 2, 3], [3]), ("...,...->...", [2, 3], [3]), ("...,...->...", [2, 1], [1, 3]), ("...i,i->...", [2, 3], [3]), ("...ii,...->...i", [2, 2, 2], [2]),
        })
        {
            yield return new GradientCase("Einsum", X(a), X2(b)) { NeedsRanks = true }.With(("equation", equation));
        }

        foreach (var equation in new[] { "ij,jk,kl->il", "ij,jk,kl->", "ij,jk,kl->ljik" })
        {
            yield return new GradientCase("Einsum", X(2, 3), X2(3, 2), Positive(2, 2)).With(("equation", equation));
        }

        yield return new GradientCase("Einsum", X(2, 3)) { NeedsRanks = true }.With(("equation", "...i->i..."));
        yield return new GradientCase("Einsum", X(2, 3)) { NeedsRanks = true }.With(("equation", "...i->i"));
    }

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);
}
