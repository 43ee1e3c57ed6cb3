namespace MultiTurnTrainer.Files;

/// <summary>
/// Gzip of one or several members (RFC 1952), each checked: .NET's own stream takes a damaged later member for the end, and
/// what stood in it is lost without a word.
/// </summary>
/// <param name="packed">The packed bytes; disposed with this object.</param>
internal sealed class GzipMembers(Stream packed) : ForwardStream
{
    private const int Trailer = 8;
    private readonly MemberInput _input = new(packed);
    private DeflateStream? _member;
    private uint _crc;
    private uint _length;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        while (!_ended && buffer.Length > 0)
        {
            if (_member is null)
            {
                Begin();
                continue;
            }

            int read = _member.Read(buffer);
            if (read > 0)
            {
                _crc = Crc32.Append(_crc, buffer[..read]);
                _length += (uint)read;
                return read;
            }

            End();
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        _member?.Dispose();
        packed.Dispose();
        base.Dispose(disposing);
    }

    private void Begin()
    {
        ReadOnlySpan<byte> head = _input.Take(10);
        if (head is not [0x1F, 0x8B, 8, var flags, ..])
        {
            throw new InvalidDataException("a member does not begin as gzip does");
        }

        if ((flags & 4) != 0)
        {
            ReadOnlySpan<byte> size = _input.Take(2);
            _input.Take(size[0] | (size[1] << 8));
        }

        // A name, a comment, a check of the header.
        for (int texts = ((flags >> 3) & 1) + ((flags >> 4) & 1); texts > 0; texts--)
        {
            while (_input.Take(1)[0] != 0) { }
        }

        _input.Take(flags & 2);
        _member = new DeflateStream(_input, CompressionMode.Decompress, leaveOpen: true);
        (_crc, _length) = (0, 0);
    }

    // The end of the packed text is where its check and its length stand.
    private void End()
    {
        _member!.Dispose();
        _member = null;
        Span<byte> trailer = stackalloc byte[Trailer];
        BitConverter.TryWriteBytes(trailer, _crc);
        BitConverter.TryWriteBytes(trailer[4..], _length);
        if (!_input.StepBehind(trailer))
        {
            throw new InvalidDataException("a member is cut off, or its check is wrong");
        }

        // Tapes fill up with zeros.
        _ended = _input.IsAtEnd || _input.OnlyZeros();
    }

    /// <summary>Hands out blocks and remembers the last one: somewhere in it a member ends.</summary>
    private sealed class MemberInput(Stream packed) : ForwardStream
    {
        private byte[] _block = new byte[1 << 14];
        private int _at;
        private int _end;
        private int _given;

        public bool IsAtEnd => _at == _end && !Fill(1);

        public override int Read(Span<byte> buffer)
        {
            _given = _at;
            if (_at == _end && !Fill(1))
            {
                return 0;
            }

            int count = Math.Min(buffer.Length, _end - _at);
            _block.AsSpan(_at, count).CopyTo(buffer);
            _given = _at;
            _at += count;
            return count;
        }

        public ReadOnlySpan<byte> Take(int count)
        {
            if (_end - _at < count && !Fill(count))
            {
                throw new InvalidDataException("the head of a member is cut off");
            }

            _at += count;
            return _block.AsSpan(_at - count, count);
        }

        public bool StepBehind(ReadOnlySpan<byte> trailer)
        {
            // It may reach behind the block.
            int back = _at - _given;
            Fill(trailer.Length + 2);
            int last = Math.Min(_end - trailer.Length, _at);
            int first = -1;
            for (int at = _at - back; at <= last; at++)
            {
                int found = _block.AsSpan(at, last + trailer.Length - at).IndexOf(trailer);
                if (found < 0)
                {
                    break;
                }

                at += found;
                first = first < 0 ? at : first;
                // The check of an empty member is of zeros, and so may be what stands before it.
                if (_block.AsSpan(at + trailer.Length, _end - at - trailer.Length) is [] or [0x1F, 0x8B, ..])
                {
                    first = at;
                    break;
                }
            }

            _at = first < 0 ? _at : first + trailer.Length;
            return first >= 0;
        }

        public bool OnlyZeros()
        {
            // A member begins with no zero.
            if (_block[_at] != 0)
            {
                return false;
            }

            while (!IsAtEnd)
            {
                if (_block.AsSpan(_at, _end - _at).ContainsAnyExcept((byte)0))
                {
                    throw new InvalidDataException("what follows the last member is no gzip");
                }

                _at = _end;
            }

            return true;
        }

        // Makes so many bytes lie behind the place at hand, and keeps the block before it.
        private bool Fill(int count)
        {
            int keep = Math.Min(_given, _at);
            if (_end - _at >= count)
            {
                return true;
            }

            if (keep == _end)
            {
                _at = _end = _given = keep = 0;
            }

            if (_block.Length - _end < count)
            {
                byte[] block = new byte[Math.Max(_block.Length, 2 * (_end - keep + count))];
                _block.AsSpan(keep, _end - keep).CopyTo(block);
                (_block, _at, _end, _given) = (block, _at - keep, _end - keep, _given - keep);
            }

            int read = packed.ReadAtLeast(_block.AsSpan(_end), count - (_end - _at), throwOnEndOfStream: false);
            _end += read;
            return _end - _at >= count;
        }
    }
}
