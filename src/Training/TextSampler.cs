using OnnxPipeline.Files;
using OnnxPipeline.Inference;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>
/// Texts by a causal language model while it is trained: the inference graph of the run on the engine's own parameters, which are read where they
/// lie. What is drawn follows from seed and step, and nothing of the training changes by it.
/// </summary>
public sealed class TextSampler : IDisposable
{
    private const int PromptTokens = 16, NewTokens = 48;

    private readonly ITrainingEngine _engine;
    private readonly TextModel _model;
    private readonly int[] _prompt;
    private readonly string _promptText;
    private readonly long _seed;

    /// <param name="engine">Outlives this.</param>
    /// <param name="inferenceModel">The forward graph, whose parameters are those of the engine.</param>
    /// <param name="folder">Where the tokenizer and <c>config.json</c> lie.</param>
    /// <param name="text">Ids whose first ones are the prompt; at least one.</param>
    /// <exception cref="PipelineException">The graph cannot be read, or is no causal language model.</exception>
    public TextSampler(ITrainingEngine engine, string inferenceModel, string folder, ReadOnlySpan<long> text, long seed, int threads)
    {
        _engine = engine;
        _model = TextModel.Of(Open(engine, inferenceModel, threads), inferenceModel, folder);
        _prompt = Array.ConvertAll(text[..Math.Min(text.Length, PromptTokens)].ToArray(), id => (int)id);
        _promptText = _model.Tokenizer?.Decode(_prompt) ?? string.Join(' ', _prompt);
        _seed = seed;
    }

    /// <summary>The text after so many steps, at temperature 0.8 among the 40 most probable tokens.</summary>
    public Sample After(long step)
    {
        for (var i = 0; i < _engine.Parameters.Count; i++)
        {
            _engine.Parameter(i); // brings the memory that the session reads up to date, where the engine computes elsewhere
        }

        var options = new GenerationOptions { MaxTokens = NewTokens, IgnoreEos = true, Sampling = new() { Temperature = 0.8, TopK = 40, Seed = _seed } };
        var made = Generator.Generate(_model, _prompt, options, stream: step);
        return new(step, _promptText, made.Text ?? string.Join(' ', made.Ids));
    }

    public void Dispose() => _model.Dispose();

    private static Session Open(ITrainingEngine engine, string path, int threads)
    {
        var model = ModelFile.Load(path);
        var graph = model.Graph;
        var held = new List<NamedTensor>();
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            var parameter = engine.Parameters[i];
            if (graph.Initializers.Find(v => v.Name == parameter.Name) is { } value)
            {
                graph.Initializers.Remove(value);
                graph.Inputs.Add(value);
                value.Initializer = null;
                held.Add(new(parameter.Name, new(parameter.Type, [.. parameter.Dims], engine.Parameter(i))));
            }
        }

        return Session.Open(ModelFile.ToBytes(model), path, new SessionSettings { Threads = threads }, held);
    }
}
