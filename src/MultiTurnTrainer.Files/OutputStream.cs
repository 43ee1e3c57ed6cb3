namespace MultiTurnTrainer.Files;

/// <summary>Writes to a file and names the final path, the cause and the remedy when the file system refuses.</summary>
/// <param name="file">The temporary file. Owned by this object.</param>
/// <param name="path">The path that the user knows.</param>
internal sealed class OutputStream(FileStream file, string path) : Stream
{
    /// <summary>What the file system refused; null where all went well.</summary>
    public MttException? Failure { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (Failure is not null)
        {
            // A writer that is disposed after the failure flushes once more; the file is thrown away all the same.
            return;
        }

        try
        {
            file.Write(buffer);
        }
        catch (Exception problem) when (OutputFile.IsFileSystem(problem))
        {
            throw Failure = OutputFile.Explain(path, problem);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Does nothing: bytes go to the disk when the buffer is full and in <see cref="FlushToDisk"/>.</summary>
    public override void Flush() { }

    /// <summary>Puts all bytes on the disk.</summary>
    /// <exception cref="MttException">The file system refuses, or refused earlier.</exception>
    public void FlushToDisk()
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        file.Flush(flushToDisk: true);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        try
        {
            file.Dispose();
        }
        catch (Exception problem) when (OutputFile.IsFileSystem(problem))
        {
            // A full disk fails the last flush too; a file without a commit is thrown away all the same.
        }

        base.Dispose(disposing);
    }
}
