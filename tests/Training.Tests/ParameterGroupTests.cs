using NUnit.Framework;

namespace OnnxPipeline.Training.Tests;

[TestFixture]
public sealed class ParameterGroupTests
{
    [TestCase("*.bias: lr=1e-4", "*.bias", 1e-4, null, false)]
    [TestCase("onnx::MatMul_7 : weight-decay = 0 , lr=2", "onnx::MatMul_7", 2, 0.0, false)]
    [TestCase("embeddings.*:frozen", "embeddings.*", null, null, true)]
    public void Parse_WhatTheFormAllows_IsRead(string text, string pattern, double? lr, double? decay, bool frozen) =>
        Assert.That(ParameterGroup.Parse(text), Is.EqualTo(new ParameterGroup(pattern, lr, decay, frozen)));

    [TestCase("lr=1", "no pattern")]
    [TestCase("*:", "'' sets nothing")]
    [TestCase("*: lr=fast", "lr is 'fast'")]
    [TestCase("*: lr=-1", "lr is '-1'")]
    [TestCase("*: weight-decay", "weight-decay is ''")]
    [TestCase("*: momentum=1", "'momentum=1' sets nothing")]
    [TestCase("*: frozen=1", "'frozen=1' sets nothing")]
    public void Parse_AnotherForm_IsWrongUsageAndSaysWhy(string text, string why) =>
        Assert.That(() => ParameterGroup.Parse(text), Throws.TypeOf<TrainingException>().With.Message.Contains(why).And.Message.Contains("--group").And.Property("ExitCode").EqualTo(64));
}
