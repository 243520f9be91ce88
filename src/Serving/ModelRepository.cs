using System.Globalization;
using OnnxPipeline.Files;
using OnnxPipeline.Ort;

namespace OnnxPipeline.Serving;

/// <summary>
/// Models in use, by name and version, and the calls on them: admission, tensors checked, a turn, the computation. An empty version means the
/// highest. Safe to call from several threads.
/// </summary>
public sealed class ModelRepository : IDisposable
{
    private readonly Dictionary<string, ServedModel[]> models;
    private readonly Admission admission;

    /// <param name="models">Each name and version once.</param>
    public ModelRepository(IEnumerable<ServedModel> models, ServingOptions? options = null)
    {
        Options = options ?? new ServingOptions();
        this.models = models.GroupBy(model => model.Name).ToDictionary(group => group.Key, group => group.OrderBy(model => model.Version).ToArray());
        admission = new Admission(Options.MaxInFlight, Options.MaxRunning);
    }

    public ServingOptions Options { get; }

    /// <summary>Every version of every model, by name and then number.</summary>
    public IEnumerable<ServedModel> Models => models.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value);

    /// <summary>Cancelled when draining begins: from then on no call is admitted.</summary>
    public CancellationToken Draining => admission.Draining;

    /// <summary>Calls admitted and not yet answered.</summary>
    public int InFlight => admission.InFlight;

    /// <summary>Loads every <c>NAME/VERSION/model.onnx</c> of <paramref name="folder"/>.</summary>
    /// <exception cref="ServingException">The folder lacks a level, holds no model, or a model has a type that cannot be served.</exception>
    /// <exception cref="OrtException">A model cannot be loaded.</exception>
    public static ModelRepository Open(string folder, ServingOptions? options = null)
    {
        var settings = new SessionSettings();
        settings = settings with { Threads = options?.Threads ?? settings.Threads, Device = options?.Device ?? settings.Device };
        var loaded = new List<ServedModel>();
        try
        {
            foreach (var (name, version, path) in RepositoryFolder.Read(folder))
            {
                loaded.Add(Load(name, version, path, settings));
            }
        }
        catch
        {
            loaded.ForEach(model => model.Dispose());
            throw;
        }

        return new ModelRepository(loaded, options);
    }

    /// <summary>The model called <paramref name="name"/>.</summary>
    /// <param name="version">A number; empty: the highest there is.</param>
    /// <exception cref="ServingException">There is none.</exception>
    public ServedModel Find(string name, string version)
    {
        var versions = VersionsOf(name);
        return version.Length == 0 ? versions[^1]
            : Array.Find(versions, model => model.Version.ToString(CultureInfo.InvariantCulture) == version)
            ?? throw new ServingException(ServingErrorKind.NotFound, $"Model '{name}' has no version '{version}'; it has {string.Join(", ", versions.Select(model => model.Version))}.");
    }

    /// <summary>The numbers of a model's versions, the lowest first.</summary>
    /// <exception cref="ServingException">There is no such model.</exception>
    public IReadOnlyList<int> Versions(string name) => [.. VersionsOf(name).Select(model => model.Version)];

    /// <summary>Whether a call for this model would be admitted, were there room: it is here, and the repository does not drain.</summary>
    public bool IsReady(string name, string version) =>
        !Draining.IsCancellationRequested && models.TryGetValue(name, out var versions)
        && (version.Length == 0 || versions.Any(model => model.Version.ToString(CultureInfo.InvariantCulture) == version));

    /// <summary>One computation. It runs on the calling thread if it need not wait for a turn.</summary>
    /// <param name="version">A number; empty: the highest there is.</param>
    /// <param name="inputs">Each input of the model once, in any order.</param>
    /// <param name="outputs">Each once; none: all.</param>
    /// <param name="cancellation">Ends the wait, and the computation on its way.</param>
    /// <exception cref="ServingException">See <see cref="ServingErrorKind"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<InferResult> InferAsync(string name, string version, IReadOnlyList<NamedTensor> inputs, IReadOnlyList<string> outputs, CancellationToken cancellation = default)
    {
        admission.Enter();
        try
        {
            var model = Find(name, version);
            CallCheck.Inputs(model, inputs);
            var wanted = CallCheck.Outputs(model, outputs);
            await admission.TurnAsync(cancellation).ConfigureAwait(false);
            try
            {
                return new InferResult(model, model.Run(inputs, wanted, cancellation));
            }
            finally
            {
                admission.EndTurn();
            }
        }
        finally
        {
            admission.Leave();
        }
    }

    /// <summary>Admits no call any more; ends when the last one is answered. May be called again.</summary>
    public Task DrainAsync() => admission.DrainAsync();

    /// <summary>Closes the models. Where a call still computes (a drain that was not waited for) they stay open: closing them under it would end the process.</summary>
    public void Dispose()
    {
        if (InFlight > 0)
        {
            return;
        }

        foreach (var model in models.Values.SelectMany(versions => versions))
        {
            model.Dispose();
        }

        admission.Dispose();
    }

    private static ServedModel Load(string name, int version, string path, SessionSettings settings)
    {
        var session = Session.Open(path, settings, "its graph"); // callers see these messages, and need not know our folders
        try
        {
            return new ServedModel(name, version, Specs(path, "input", session.Inputs), Specs(path, "output", session.Outputs), session.Run, session.OptionalInputs, session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static TensorInfo[] Specs(string path, string role, IReadOnlyList<TensorSpec> specs) => [.. specs.Select(spec =>
        Datatypes.NameOf(spec.Type) is not null
            ? new TensorInfo(spec.Name, spec.Type, spec.Dims)
            : throw new ServingException(ServingErrorKind.Unavailable, $"{path}: {role} '{spec.Name}' has type {spec.Type}, which the protocol cannot carry; wanted one of {string.Join(", ", Datatypes.All)}."))];

    private ServedModel[] VersionsOf(string name) => models.TryGetValue(name, out var versions)
        ? versions
        : throw new ServingException(ServingErrorKind.NotFound, $"There is no model '{name}'; there are {string.Join(", ", models.Keys.Order(StringComparer.Ordinal))}.");
}
