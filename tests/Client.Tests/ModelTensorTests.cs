using NUnit.Framework;

namespace OnnxPipeline.Client.Tests;

public sealed class ModelTensorTests
{
    [Test]
    public void From_EveryType_HasItsDatatypeAndItsElements() => Assert.Multiple(() =>
    {
        Check("BOOL", true, false);
        Check<sbyte>("INT8", -128, 127);
        Check<short>("INT16", -32768, 32767);
        Check("INT32", int.MinValue, int.MaxValue);
        Check("INT64", long.MinValue, long.MaxValue);
        Check<byte>("UINT8", 0, 255);
        Check<ushort>("UINT16", 0, 65535);
        Check<uint>("UINT32", 0, uint.MaxValue);
        Check<ulong>("UINT64", 0, ulong.MaxValue);
        Check("FP16", (Half)(-1.5), Half.MaxValue);
        Check("FP32", -1.5f, float.PositiveInfinity);
        Check("FP64", -1.5, double.NegativeInfinity);
    });

    [Test]
    public void FromTexts_AnyTexts_AreLengthsAndUtf8()
    {
        var tensor = ModelTensor.FromTexts("t", ["ü", "", "ab"], 3);
        Assert.That(tensor.Datatype, Is.EqualTo("BYTES"));
        Assert.That(tensor.Raw.ToArray(), Is.EqualTo(new byte[] { 2, 0, 0, 0, 0xC3, 0xBC, 0, 0, 0, 0, 2, 0, 0, 0, (byte)'a', (byte)'b' }));
        Assert.That(tensor.Texts(), Is.EqualTo(new[] { "ü", "", "ab" }));
    }

    [Test]
    public void Texts_LengthBeyondTheEnd_IsNamed()
    {
        var tensor = new ModelTensor("t", "BYTES", [1], new byte[] { 9, 0, 0, 0, 1 });
        Assert.That(tensor.Texts, Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'t'"));
    }

    [Test]
    public void From_AnotherNumberOfElements_IsRefused()
    {
        Assert.That(() => ModelTensor.From<float>("x", [1, 2, 3], 2, 2), Throws.ArgumentException.With.Message.Contains("'x': got 3 elements, wanted 4"));
        Assert.That(() => ModelTensor.FromTexts("x", ["a"]), Throws.Nothing); // a scalar
    }

    [Test]
    public void As_AnotherType_IsRefused() =>
        Assert.That(() => ModelTensor.From<float>("x", [1], 1).As<int>().Length, Throws.InvalidOperationException.With.Message.Contains("FP32"));

    private static void Check<T>(string datatype, T first, T second) where T : unmanaged
    {
        var tensor = ModelTensor.From<T>("x", [first, second], 2, 1);
        Assert.That(tensor.ToString(), Is.EqualTo($"x: {datatype} [2, 1]"));
        Assert.That(tensor.As<T>().ToArray(), Is.EqualTo(new[] { first, second }));
    }
}
