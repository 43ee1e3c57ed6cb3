namespace MultiTurnTrainer.Cli;

/// <summary>
/// Standard output for JSON: what reverses, hides or moves text in a terminal or a log is written as JSON's escapes of it, so the
/// value is the same. Such characters stand in strings only; files keep them as they are.
/// </summary>
/// <param name="inner">Where the bytes go.</param>
internal sealed class CleanJsonStream(Stream inner) : Stream
{
    // The first bytes of harmful characters beyond ASCII, of which JSON escapes the controls itself.
    private static readonly SearchValues<byte> _leads = SearchValues.Create([0xC2, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF3]);

    // The first bytes of a character whose rest comes with the next write.
    private readonly byte[] _held = new byte[4];
    private int _heldCount;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Standard output.</summary>
    public static CleanJsonStream OpenOutput() => new(Console.OpenStandardOutput());

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (_heldCount > 0 && !buffer.IsEmpty)
        {
            _held[_heldCount++] = buffer[0];
            buffer = buffer[1..];
            if (Rune.DecodeFromUtf8(_held.AsSpan(0, _heldCount), out Rune rune, out _) != OperationStatus.NeedMoreData)
            {
                WriteOne(_held.AsSpan(0, _heldCount), rune);
                _heldCount = 0;
            }
        }

        int from = 0;
        for (int i = 0; i < buffer.Length; )
        {
            int found = buffer[i..].IndexOfAny(_leads);
            if (found < 0)
            {
                break;
            }

            i += found;
            OperationStatus status = Rune.DecodeFromUtf8(buffer[i..], out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                inner.Write(buffer[from..i]);
                _heldCount = buffer.Length - i;
                buffer[i..].CopyTo(_held);
                return;
            }

            if (Printable.IsHarmful(rune))
            {
                inner.Write(buffer[from..i]);
                WriteOne(buffer.Slice(i, length), rune);
                from = i + length;
            }

            i += length;
        }

        inner.Write(buffer[from..]);
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        inner.Write(_held.AsSpan(0, _heldCount));
        _heldCount = 0;
        inner.Dispose();
        base.Dispose(disposing);
    }

    private void WriteOne(ReadOnlySpan<byte> bytes, Rune rune)
    {
        if (Printable.IsHarmful(rune))
        {
            inner.Write(Encoding.ASCII.GetBytes(string.Concat(rune.ToString().Select(Printable.Escaped))));
        }
        else
        {
            inner.Write(bytes);
        }
    }
}
