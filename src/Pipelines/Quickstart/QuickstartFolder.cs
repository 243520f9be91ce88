using OnnxPipeline.Files;
using OnnxPipeline.Training;

namespace OnnxPipeline.Pipelines;

/// <summary>
/// The folder of a quickstart. It holds a run, and like a run it is made at once, grows in place and is held by one process; what <c>--force</c>
/// replaces is put aside and comes back if this journey ends, or is killed, before its run has a checkpoint.
/// </summary>
internal sealed class QuickstartFolder : IDisposable
{
    private readonly GrowingFolder _folder;
    private bool _done;

    private QuickstartFolder(GrowingFolder folder) => _folder = folder;

    public string Path => _folder.Path;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Run => RunIn(Path);

    /// <param name="path">Null: the first free name of <c>artifacts/quickstart</c>, <c>artifacts/quickstart-2</c>, …</param>
    /// <exception cref="OutputExistsException">Something is there, and it is not to be replaced.</exception>
    /// <exception cref="FileFormatException">The place cannot be written to, or another process works there.</exception>
    public static QuickstartFolder Create(string? path, bool force) => new(path is null
        ? GrowingFolder.CreateFirstFree(Enumerable.Range(1, 9999).Select(i => System.IO.Path.Combine("artifacts", i == 1 ? "quickstart" : $"quickstart-{i}")))
        : GrowingFolder.Create(path, force, IsWorthKeeping, goesOn: false));

    /// <summary>The journey is at its end.</summary>
    public void Complete() => _done = true;

    public void Dispose()
    {
        try
        {
            if (_done || IsWorthKeeping(Path))
            {
                _folder.Keep();
            }
            else
            {
                _folder.Undo();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next call with this path does it.
        }

        _folder.Dispose();
    }

    private static bool IsWorthKeeping(string folder) => new Checkpoints(RunIn(folder)).Any;

    private static string RunIn(string folder) => System.IO.Path.Combine(folder, "run");
}
