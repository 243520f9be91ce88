namespace OnnxPipeline.Files;

/// <summary>
/// A lock of the operating system on a file: it ends with the process that holds it, however that ends, so a file left behind never blocks.
/// </summary>
public sealed class RunLock : IDisposable
{
    private readonly FileStream _stream;

    private RunLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock, at once or never. The file is made if need be, and stays.</summary>
    /// <exception cref="FileFormatException">Another process (or this one) holds it, or the file cannot be made.</exception>
    public static RunLock Acquire(string path) => TryAcquire(path)
        ?? throw new FileFormatException($"{Path.GetDirectoryName(Path.GetFullPath(path))} is in use by another process, which holds {path}. Wait for it, or end it.");

    /// <summary>Takes the lock, at once or never: null where another process (or this one) holds it.</summary>
    /// <exception cref="FileFormatException">The file cannot be made.</exception>
    public static RunLock? TryAcquire(string path)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX) on Unix and exclusive sharing on Windows.
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileFormatException($"The lock {path} cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Whether opening a file failed because somebody else has it open for himself alone, and for no other reason.</summary>
    public static bool IsHeld(Exception error) =>
        error is IOException { HResult: 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021) }; // EWOULDBLOCK of Linux and of the BSDs; Windows: sharing, lock

    public void Dispose() => _stream.Dispose();
}
