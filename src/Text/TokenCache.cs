using System.Security.Cryptography;
using System.Text;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>
/// Corpora tokenized once. A corpus is known by the SHA-256 of its files and of the tokenizer's, so a changed file is a new corpus and a renamed
/// one is not. A file in the cache is complete or not there, whenever a process is killed; processes that want the same one wait for the first.
/// </summary>
public static class TokenCache
{
    /// <summary>
    /// Where corpora are kept if nothing else is said: the environment variable <c>ONNXPIPE_CACHE</c>, else <c>onnxpipe</c> in the user's cache folder
    /// (<c>XDG_CACHE_HOME</c>, <c>~/.cache</c>; on Windows the local application data), else, for a user without a home, in the folder of temporary files.
    /// </summary>
    public static string DefaultFolder => Environment.GetEnvironmentVariable("ONNXPIPE_CACHE") is { Length: > 0 } own
        ? own
        : Path.Combine(
            OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home ? Path.Combine(home, ".cache")
            : Path.GetTempPath(), "onnxpipe");

    /// <summary>
    /// The ids of a corpus, from the cache or made now. Between two files stands the tokenizer's end-of-text token, if it has one; with
    /// <paramref name="documents"/> between two documents <see cref="Documents.Separator"/> (so that, written out in a text, it ends a document too).
    /// </summary>
    /// <param name="files">See <see cref="TextFiles.Expand"/>; at least one.</param>
    /// <param name="folder">Is made if need be.</param>
    /// <param name="documents">What ends a document; null: the corpus is one stream of text.</param>
    /// <param name="progress">A line saying where the work stands, now and then.</param>
    /// <exception cref="TextException">A file is empty, blank, binary or not UTF-8.</exception>
    /// <exception cref="FileFormatException">A file cannot be read, or the cache not be written.</exception>
    public static TokenFile Open(IReadOnlyList<string> files, Tokenizer tokenizer, string folder, DocumentEnd? documents = null, int threads = 1, Action<string>? progress = null, CancellationToken cancellation = default)
    {
        progress ??= _ => { };
        var path = Path.Combine(folder, Key(files, tokenizer, documents, progress, cancellation) + ".tokens");
        if (Complete(path) is { } found)
        {
            return found;
        }

        using var @lock = Wait(path + ".lock", progress, cancellation);
        if (Complete(path) is { } others)
        {
            return others;
        }

        FreeSpace.Require(folder, files.Sum(file => new FileInfo(file).Length) / 2);
        AtomicFile.Write(path, stream => TokenFile.Write(stream, tokenizer.VocabularySize, write => Tokenize(files, tokenizer, documents, write, Math.Max(1, threads), progress, cancellation)));
        return TokenFile.Open(path);
    }

    private static void Tokenize(IReadOnlyList<string> files, Tokenizer tokenizer, DocumentEnd? documents, Action<List<int>> write, int threads, Action<string> progress, CancellationToken cancellation)
    {
        var slots = Enumerable.Range(0, 2 * threads).Select(_ => new List<int>()).ToArray();
        var total = Math.Max(1, files.Sum(file => new FileInfo(file).Length));
        var between = documents is null ? tokenizer.EosId : Documents.Separator(tokenizer);
        long done = 0;
        ChunkWork.Run(TextChunks.Read(files), threads, slots.Length, (slot, chunk) =>
        {
            var ids = slots[slot];
            ids.Clear();
            if (chunk is { First: true, File: > 0 } && between is { } separator)
            {
                ids.Add(separator);
            }

            var parts = documents is { } end ? DocumentText.Split(chunk.Text, end) : [chunk.Text];
            foreach (var (i, part) in parts.Index())
            {
                if (i > 0)
                {
                    ids.Add(between!.Value);
                }

                tokenizer.Encode(part, ids);
            }
        }, (slot, chunk) =>
        {
            write(slots[slot]);
            done += chunk.Bytes;
            progress($"Tokenizing: {done >> 20} of {total >> 20} MiB");
        }, cancellation);
    }

    private static string Key(IReadOnlyList<string> files, Tokenizer tokenizer, DocumentEnd? documents, Action<string> progress, CancellationToken cancellation)
    {
        var text = new StringBuilder("1 ").Append(tokenizer.Fingerprint).Append(documents is { } end ? $" {end}" : "");
        foreach (var file in files)
        {
            cancellation.ThrowIfCancellationRequested();
            progress($"Reading {file}");
            text.Append('\n').Append(Sha256.Of(file));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..32];
    }

    /// <summary>A damaged file counts as none: what is in the cache can be made again.</summary>
    private static TokenFile? Complete(string path)
    {
        try
        {
            return File.Exists(path) ? TokenFile.Open(path) : null;
        }
        catch (FileFormatException)
        {
            return null;
        }
    }

    private static FileStream Wait(string path, Action<string> progress, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (RunLock.IsHeld(e))
            {
                progress("Another process tokenizes this corpus; waiting for it");
                cancellation.WaitHandle.WaitOne(200);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new FileFormatException($"The token cache {Path.GetDirectoryName(path)} cannot be written: {e.Message} Set ONNXPIPE_CACHE to a folder that can.", e);
            }
        }
    }
}
