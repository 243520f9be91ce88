using OnnxPipeline.Files;
using OnnxPipeline.Training;

namespace OnnxPipeline.Pipelines;

/// <summary>
/// The folder of a quickstart. It holds a run, and like a run it is made at once and grows in place; what <c>--force</c> replaces is put aside and
/// comes back if this journey ends before its run has a checkpoint.
/// </summary>
internal sealed class QuickstartFolder : IDisposable
{
    private readonly string? _aside;
    private bool _done;

    private QuickstartFolder(string path, string? aside) => (Path, _aside) = (path, aside);

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Run => this["run"];

    /// <exception cref="OutputExistsException">Something is there, and it is not to be replaced.</exception>
    /// <exception cref="PipelineFailedException">The place cannot be written to.</exception>
    public static QuickstartFolder Create(string? path, bool force)
    {
        path = System.IO.Path.GetFullPath(path ?? Free(System.IO.Path.Combine("artifacts", "quickstart")));
        try
        {
            OutputTarget.Recover(path);
            string? aside = null;
            if (IsTaken(path))
            {
                if (!force)
                {
                    throw new OutputExistsException($"{path} exists{(Directory.Exists(path) ? " and is not empty" : "")}: choose another --out, or replace the whole of it with --force.");
                }

                aside = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, $".{System.IO.Path.GetFileName(path)}.replaced");
                FileOrFolder.Move(path, aside);
            }

            Directory.CreateDirectory(path);
            return new QuickstartFolder(path, aside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PipelineFailedException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The journey is at its end.</summary>
    public void Complete() => _done = true;

    public void Dispose()
    {
        try
        {
            if (!_done && !new Checkpoints(Run).Any)
            {
                FileOrFolder.Remove(Path);
                if (_aside is not null)
                {
                    FileOrFolder.Move(_aside, Path);
                }
            }
            else if (_aside is not null)
            {
                FileOrFolder.Remove(_aside);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next call with this path removes it.
        }
    }

    private static string Free(string path) => Enumerable.Range(1, 9999).Select(i => i == 1 ? path : $"{path}-{i}").First(candidate => !IsTaken(candidate));

    private static bool IsTaken(string path) => File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any());
}
