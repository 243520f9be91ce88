namespace OnnxPipeline.Benchmarks;

internal static class Data
{
    public static float[] Uniform(int length, float low, float high)
    {
        var random = new Random(length);
        return Enumerable.Range(0, length).Select(_ => low + ((high - low) * random.NextSingle())).ToArray();
    }
}
