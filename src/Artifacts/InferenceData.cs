using OnnxPipeline.Files;

namespace OnnxPipeline.Artifacts;

/// <summary>
/// <c>inference_model.onnx.data</c>: the parameters in order, each at a multiple of 64 bytes, so that a device exports a trained model by writing
/// this file alone.
/// </summary>
public static class InferenceData
{
    private const int Alignment = 64;

    /// <summary>Where each parameter lies.</summary>
    public static IReadOnlyList<ManifestData> Layout(IEnumerable<long> lengths)
    {
        var places = new List<ManifestData>();
        long at = 0;
        foreach (var length in lengths)
        {
            places.Add(new ManifestData(at, length));
            at = (at + length + Alignment - 1) / Alignment * Alignment;
        }

        return places;
    }

    /// <summary>Writes the elements of <paramref name="tensors"/> at <paramref name="places"/>.</summary>
    public static void Write(Stream stream, IReadOnlyList<ManifestData> places, IReadOnlyList<Tensor> tensors)
    {
        long at = 0;
        foreach (var (place, tensor) in places.Zip(tensors))
        {
            stream.Write(new byte[place.Offset - at]);
            stream.Write(tensor.Bytes.Span);
            at = place.Offset + place.Length;
        }
    }
}
