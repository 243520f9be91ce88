using OnnxPipeline.Files;
using OnnxPipeline.Inference;
using OnnxPipeline.Ir.Serialization;
using OnnxPipeline.Ort;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>A language model in use while it is trained: the inference graph of the run on the engine's own parameters, which are read where they lie.</summary>
internal sealed class LiveModel : IDisposable
{
    private readonly ITrainingEngine _engine;
    private readonly TextModel _model;

    /// <param name="engine">Outlives this.</param>
    /// <param name="inferenceModel">The forward graph, whose parameters are those of the engine.</param>
    /// <param name="folder">Where the tokenizer and <c>config.json</c> lie.</param>
    /// <exception cref="PipelineException">The graph cannot be read, or is no language model.</exception>
    public LiveModel(ITrainingEngine engine, string inferenceModel, string folder, int threads)
    {
        _engine = engine;
        _model = TextModel.Of(Open(engine, inferenceModel, threads), inferenceModel, folder);
    }

    /// <summary>Whether a graph takes one row of any length, as a sample is.</summary>
    public static bool TakesOneRow(IReadOnlyList<TensorSpec> inputs) => inputs.All(input => input.Dims.All(dim => dim < 0));

    /// <summary>The model with the engine's parameters of now.</summary>
    public TextModel UpToDate()
    {
        for (var i = 0; i < _engine.Parameters.Count; i++)
        {
            _engine.Parameter(i); // brings the memory that the session reads up to date, where the engine computes elsewhere
        }

        return _model;
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
