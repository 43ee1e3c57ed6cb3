namespace MultiTurnTrainer.Files;

/// <summary>A read-only, forward-only stream.</summary>
public abstract class ForwardStream : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Gives back bytes that were read to look at them, then the rest: pipes cannot seek.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override int Read(Span<byte> buffer)
    {
        if (_prefix.IsEmpty)
        {
            return rest.Read(buffer);
        }

        int count = Math.Min(buffer.Length, _prefix.Length);
        _prefix.Span[..count].CopyTo(buffer);
        _prefix = _prefix[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        rest.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Refuses a file that was written to while it was read: its rows are of two files, and belong to none.</summary>
internal sealed class UnchangedStream(string path, FileStream file) : ForwardStream
{
    private readonly FileState _begun = FileState.Of(file.SafeFileHandle);

    public override int Read(Span<byte> buffer)
    {
        int read = file.Read(buffer);
        if (read == 0 && buffer.Length > 0)
        {
            _begun.RequireSame(path, file.SafeFileHandle);
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>Counts what passes.</summary>
internal sealed class CountingStream(Stream inner) : ForwardStream
{
    public long Count { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Count += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>
/// Stops a decompressed stream that grows a thousandfold over a gigabyte: no chat data does, decompression bombs do.
/// A broken or cut stream becomes an error with the file's name.
/// </summary>
internal sealed class BombGuardStream(string path, CountingStream packed, Stream inner) : ForwardStream
{
    private const long Floor = 1L << 30;
    private const int Ratio = 1000;
    private long _unpacked;

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or ZstdException)
        {
            throw new MttException(
                $"{path}: the compressed stream is damaged after {Counted.Of(_unpacked, "byte")} of text",
                "Fetch or pack the file again.",
                problem
            );
        }

        _unpacked += read;
        if (_unpacked > Floor && _unpacked / Ratio > packed.Count)
        {
            throw new MttException(
                $"{path}: {packed.Count} packed bytes grow to more than {_unpacked}: this is a decompression bomb",
                "If the data is real, unpack it first and name the unpacked file."
            );
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        inner.Dispose();
        base.Dispose(disposing);
    }
}
