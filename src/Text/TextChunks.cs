using System.Buffers;
using System.Text;
using System.Text.Unicode;
using OnnxPipeline.Files;

namespace OnnxPipeline.Text;

/// <summary>
/// Reads files of any size in pieces that can be tokenized one by one: a piece ends where white space follows something else, and no word of
/// a tokenizer goes across such a place. Only where that does not come in four million characters the cut is made anywhere between characters.
/// </summary>
internal static class TextChunks
{
    private const int BlockBytes = 1 << 20;

    private const int MostCharacters = 4 << 20;

    /// <exception cref="TextException">A file is empty, has only white space, is not UTF-8 or holds a NUL (then it is no text); the message names line and byte.</exception>
    /// <exception cref="FileFormatException">A file cannot be read.</exception>
    public static IEnumerable<TextChunk> Read(IReadOnlyList<string> files) => files.SelectMany((path, index) => Read(path, index));

    private static IEnumerable<TextChunk> Read(string path, int file)
    {
        using var stream = InputFile.OpenRead(path);
        var bytes = new byte[BlockBytes];
        var text = new ArrayBufferWriter<char>(2 * BlockBytes);
        var (held, offset, lines, taken, first, blank) = (0, 0L, 1L, 0L, true, true); // bytes that began a character, where the block begins, its line, bytes not yet accounted for
        for (var last = false; !last;)
        {
            var got = stream.ReadAtLeast(bytes.AsSpan(held), bytes.Length - held, throwOnEndOfStream: false);
            last = got < bytes.Length - held;
            var block = bytes.AsSpan(0, held + got);
            var mark = offset == 0 && block.StartsWith("\uFEFF"u8) ? 3 : 0;
            var status = Utf8.ToUtf16(block[mark..], text.GetSpan(BlockBytes), out var read, out var written, replaceInvalidSequences: false, isFinalBlock: last);
            read += mark;
            if (block[..read].IndexOf((byte)0) is >= 0 and var nul)
            {
                throw new TextException($"{path} is no text: line {lines + block[..nul].Count((byte)'\n')}, byte offset {offset + nul} holds a NUL, as binary files do; UTF-8 text was wanted. Leave the file out, or convert it if it is UTF-16.");
            }

            lines += block[..read].Count((byte)'\n');
            if (status == OperationStatus.InvalidData)
            {
                throw NotUtf8(path, block, read, offset + read, lines);
            }

            text.Advance(written);
            blank = blank && text.WrittenSpan[^written..].IsWhiteSpace();
            block[read..].CopyTo(bytes);
            (held, offset, taken) = (block.Length - read, offset + read, taken + got);
            var cut = last ? text.WrittenCount : Cut(text.WrittenSpan);
            if (cut > 0)
            {
                yield return new TextChunk(text.WrittenSpan[..cut].ToString(), file, first, taken);
                (first, taken) = (false, 0);
                var rest = text.WrittenSpan[cut..].ToArray();
                text.ResetWrittenCount();
                text.Write(rest);
            }
        }

        if (first)
        {
            throw new TextException($"{path} is empty; text was wanted.");
        }

        if (blank)
        {
            throw new TextException($"{path} has only white space in its {offset} bytes; text was wanted.");
        }
    }

    private static int Cut(ReadOnlySpan<char> text)
    {
        for (var i = text.Length - 1; i > 0; i--)
        {
            if (char.IsWhiteSpace(text[i]) && !char.IsWhiteSpace(text[i - 1]))
            {
                return i;
            }
        }

        return text.Length < MostCharacters ? 0 : text.Length - (char.IsHighSurrogate(text[^1]) ? 1 : 0);
    }

    private static TextException NotUtf8(string path, ReadOnlySpan<byte> block, int at, long offset, long line)
    {
        if (Rune.DecodeFromUtf8(block[at..], out _, out _) == OperationStatus.NeedMoreData)
        {
            return new TextException($"{path} ends within a character: line {line}, byte offset {offset} begins one that has more bytes. The file is cut off; copy it anew, or take away its last {block.Length - at} bytes.");
        }

        var advice = offset == 0 && (block.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || block.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            ? "It begins like UTF-16; convert it to UTF-8."
            : "Convert it to UTF-8, for example with iconv, or leave the file out.";
        return new TextException($"{path} is not UTF-8: line {line}, byte offset {offset} holds 0x{block[at]:X2}, which no UTF-8 character has there. {advice}");
    }
}
