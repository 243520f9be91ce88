using System.Text;
using NUnit.Framework;

namespace OnnxPipeline.Text.Tests;

[TestFixture]
public sealed class CanonicalDecompositionTests
{
    [TestCase(0x41, null)]
    [TestCase(0xC9, "E\u0301")]
    [TestCase(0x1ED8, "O\u0323\u0302")] // through U+1ECC
    [TestCase(0x212B, "A\u030A")]
    [TestCase(0xFB01, null)] // a ligature is compatible, not canonical
    [TestCase(0x9CB, "\u09C7\u09BE")]
    [TestCase(0x1D15E, "\U0001D157\U0001D165")]
    [TestCase(0x2F800, "\u4E3D")]
    [TestCase(0xAC00, "\u1100\u1161")]
    [TestCase(0xD55C, "\u1112\u1161\u11AB")]
    [TestCase(0xD7A3, "\u1112\u1175\u11C2")]
    [TestCase(0xD7A4, null)]
    public void Of_ACharacter_IsItsFullDecomposition(int character, string? parts)
    {
        Assert.That(CanonicalDecomposition.Of(new Rune(character)), Is.EqualTo(parts));
    }
}
