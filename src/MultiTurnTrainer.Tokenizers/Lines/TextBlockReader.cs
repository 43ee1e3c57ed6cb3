namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Cuts a file into blocks of whole lines.</summary>
internal static class TextBlockReader
{
    private const int BlockBytes = 1 << 18;
    private const byte LineEnd = (byte)'\n';

    /// <summary>The blocks of a file (gzip and zstd are unpacked), or of standard input for <c>-</c>.</summary>
    /// <exception cref="MttException">The file cannot be read.</exception>
    public static IEnumerable<TextBlock> Read(string path)
    {
        using Stream stream = Open(path);
        byte[] buffer = new byte[2 * BlockBytes];
        int held = 0;
        int line = 1;
        while (true)
        {
            int read = Read(stream, buffer.AsSpan(held), path, line);
            held += read;
            int end = read == 0 ? held : buffer.AsSpan(0, held).LastIndexOf(LineEnd) + 1;
            if (end >= BlockBytes || (read == 0 && held > 0))
            {
                byte[] block = buffer[..end];
                yield return new TextBlock(block, line);
                line += block.AsSpan().Count(LineEnd);
                buffer.AsSpan(end, held - end).CopyTo(buffer);
                held -= end;
            }

            if (read == 0)
            {
                break;
            }

            if (held > InputLines.Longest)
            {
                throw InputLines.TooLong(path, line);
            }

            if (held == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private static Stream Open(string path)
    {
        if (path != "-")
        {
            InputFile.RequireExists(path, "Name a JSON Lines file, or - for standard input.");
        }

        return InputStream.Open(path);
    }

    private static int Read(Stream stream, Span<byte> room, string path, int line)
    {
        try
        {
            return stream.Read(room);
        }
        catch (InvalidDataException problem)
        {
            throw new MttException($"{path}: near line {line}: {problem.Message}", "Unpack the file.", problem);
        }
    }
}
