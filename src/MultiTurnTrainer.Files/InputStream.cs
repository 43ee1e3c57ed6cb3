namespace MultiTurnTrainer.Files;

/// <summary>Opens a path, standard input or a pipe, and takes gzip and zstd off.</summary>
public static class InputStream
{
    /// <summary>Finds a misspelt name before any work is done.</summary>
    /// <exception cref="MttException">There is no such file, or it is a folder.</exception>
    public static void CheckExists(string path)
    {
        if (path != "-")
        {
            InputFile.RequireExists(path);
        }
    }

    /// <summary>Opens a path for reading; <c>-</c> is standard input.</summary>
    /// <exception cref="MttException">There is no such file, it is a folder, or it is packed in a way not read here.</exception>
    public static Stream Open(string path)
    {
        CheckExists(path);
        string place = PipeCopies.PathOf(path);
        InputFile.RefuseDevice(place);
        path = path == "-" ? "(stdin)" : path;
        try
        {
            FileStream file = new(place, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return Unpack(path, file.CanSeek ? new UnchangedStream(path, file) : file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, problem);
        }
    }

    private static Stream Unpack(string path, Stream file)
    {
        byte[] head = new byte[4];
        int read = file.ReadAtLeast(head, 4, throwOnEndOfStream: false);
        Stream whole = new PrefixedStream(head.AsMemory(0, read), file);
        ReadOnlySpan<byte> magic = head.AsSpan(0, read);
        if (magic.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            CountingStream packed = new(whole);
            return new BombGuardStream(path, packed, new GzipMembers(packed));
        }

        // A zstd file may begin with a frame to skip, as pzstd's do. Windows above 128 MiB are refused, as by `zstd -d`.
        if (magic is [0x28, 0xB5, 0x2F, 0xFD] or [>= 0x50 and <= 0x5F, 0x2A, 0x4D, 0x18])
        {
            CountingStream packed = new(whole);
            return new BombGuardStream(path, packed, new DecompressionStream(packed, leaveOpen: false));
        }

        (string What, string Remedy)? foreign = magic switch
        {
            [(byte)'P', (byte)'K', 3, 4] => ("a zip archive", "Unpack it first, or pack it with gzip or zstd."),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => ("bzip2", "Unpack it first, or pack it with gzip or zstd."),
            [0xFD, (byte)'7', (byte)'z', (byte)'X'] => ("xz", "Unpack it first, or pack it with gzip or zstd."),
            [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => ("UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8."),
            // An Arrow file, or a stream of Arrow, as datasets keeps them.
            [(byte)'A', (byte)'R', (byte)'R', (byte)'O'] or [0xFF, 0xFF, 0xFF, 0xFF] => (
                "Arrow",
                $"Convert it: python -c \"import datasets; datasets.Dataset.from_file('{path}').to_parquet('rows.parquet')\"."
            ),
            [(byte)'P', (byte)'A', (byte)'R', (byte)'1'] => ("Parquet", "Give the file a name that ends in .parquet."),
            _ => null,
        };
        if (foreign is { } kind)
        {
            whole.Dispose();
            throw new MttException($"{path}: is {kind.What}, not JSON", kind.Remedy);
        }

        return whole;
    }
}
