namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>Lines of a file as bytes, nothing changed: the line end is one byte 10, and the last line has it too.</summary>
internal sealed class RawLines(Stream stream)
{
    private const int MostBytes = 256 << 20;

    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <summary>Whether what was read last ended without a line end.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>The next line without its end; valid until the next one is read.</summary>
    /// <returns>Whether there was one.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int end = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                line = _buffer.AsSpan(_start, searched + end);
                _start += searched + end + 1;
                return true;
            }

            searched = _end - _start;
            if (!Fill())
            {
                line = _buffer.AsSpan(_start, searched);
                IsCutOff = searched > 0;
                _start = _end;
                return IsCutOff;
            }
        }
    }

    private bool Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MostBytes)
            {
                return false;
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
