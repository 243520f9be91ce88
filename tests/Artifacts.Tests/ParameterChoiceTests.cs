using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Ir;

namespace OnnxPipeline.Artifacts.Tests;

public sealed class ParameterChoiceTests
{
    private static readonly WeightCandidate[] Candidates =
    [
        Candidate("fc1.weight", WeightVerdict.Weight), Candidate("fc1.bias", WeightVerdict.Weight), Candidate("fc2.weight", WeightVerdict.Weight),
        Candidate("mean", WeightVerdict.Buffer), Candidate("scale", WeightVerdict.Constant),
    ];

    private static WeightCandidate Candidate(string name, WeightVerdict verdict) =>
        new(new Value(name, ElementType.Float, [1]) { Initializer = Tensor.Vector(1f) }, verdict, "");

    private static string Choose(string[] trainable, string[] frozen, Manifest? known = null) =>
        Shown(ParameterChoice.Choose(Candidates, trainable, frozen, known));

    private static string Shown(IEnumerable<(WeightCandidate Candidate, bool Trainable)> chosen) =>
        string.Join(" ", chosen.Select(c => (c.Trainable ? "+" : "-") + c.Candidate.Name));

    [Test]
    public void Choose_NoPatterns_TrainsEveryWeight() => Assert.That(Choose([], []), Is.EqualTo("+fc1.weight +fc1.bias +fc2.weight"));

    [Test]
    public void Choose_TrainableOnly_FreezesTheOthers() => Assert.That(Choose(["fc2.*"], []), Is.EqualTo("-fc1.weight -fc1.bias +fc2.weight"));

    [Test]
    public void Choose_FrozenOnly_TrainsTheOthers() => Assert.That(Choose([], ["fc1.*"]), Is.EqualTo("-fc1.weight -fc1.bias +fc2.weight"));

    [Test]
    public void Choose_TrainableConstant_BecomesAParameter() => Assert.That(Choose(["fc2.*", "scale"], []), Is.EqualTo("-fc1.weight -fc1.bias +fc2.weight +scale"));

    [Test]
    public void Choose_Manifest_DecidesOnlyWithoutPatterns()
    {
        var known = new Manifest { Parameters = [new("fc1.weight", [1], "F32", false)] };
        Assert.That(Choose([], [], known), Is.EqualTo("-fc1.weight +fc1.bias +fc2.weight"));
        Assert.That(Choose([], ["fc1.bias"], known), Is.EqualTo("+fc1.weight -fc1.bias +fc2.weight"));
    }

    [Test]
    public void Choose_ConstantThatTheManifestTrains_StaysAParameterWithoutPatterns()
    {
        var known = new Manifest { Parameters = [new("scale", [1], "F32", true)] };
        Assert.That(Choose([], [], known), Is.EqualTo("+fc1.weight +fc1.bias +fc2.weight +scale"));
        Assert.That(Choose([], ["fc1.*"], known), Is.EqualTo("-fc1.weight -fc1.bias +fc2.weight"));
    }

    [Test]
    public void Choose_ManifestWithANameTwice_IsAnError() =>
        Assert.That(() => Choose([], [], new Manifest { Parameters = [new("scale", [1], "F32", true), new("scale", [1], "F32", false)] }), Throws.TypeOf<ArtifactsException>().With.Message.Contains("'scale' 2 times"));

    [Test]
    public void Choose_FrozenGroup_FreezesBesideWhatTheManifestAndThePatternsSay()
    {
        var known = new Manifest { Parameters = [new("fc1.weight", [1], "F32", false)] };
        Assert.That(Grouped([], known), Is.EqualTo("-fc1.weight +fc1.bias -fc2.weight"));
        Assert.That(Grouped(["fc1.bias"], null), Is.EqualTo("+fc1.weight -fc1.bias -fc2.weight"));
        Assert.That(() => ParameterChoice.Choose(Candidates, [], [], null, ["fc3.*"]), Throws.TypeOf<NamePatternException>().With.Message.StartsWith("--group 'fc3.*' matches no weight"));

        static string Grouped(string[] frozen, Manifest? known) => Shown(ParameterChoice.Choose(Candidates, [], frozen, known, ["fc2.*"]));
    }

    [Test]
    public void Choose_NameMatchedByBoth_IsAnError() =>
        Assert.That(() => Choose(["fc1.*"], ["fc?.bias"]), Throws.TypeOf<NamePatternException>().With.Message.Contain("'fc1.bias'").And.Message.Contain("'fc?.bias'"));

    [Test]
    public void Choose_PatternWithoutMatch_IsAnError()
    {
        Assert.That(() => Choose(["fc2.wieght"], []), Throws.TypeOf<NamePatternException>().With.Message.Contain("--trainable").And.Message.Contain("fc2.weight"));
        Assert.That(() => Choose([], ["scale"]), Throws.TypeOf<NamePatternException>().With.Message.Contain("--frozen"), "--frozen looks at weights only");
    }
}
