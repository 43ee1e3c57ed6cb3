namespace MultiTurnTrainer.Files.Json;

/// <summary>Bytes put together piece by piece; kept and cleared between rows.</summary>
internal sealed class ByteBuilder
{
    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Takes back what was added after a length.</summary>
    public ByteBuilder Truncate(int length)
    {
        Length = length;
        return this;
    }

    public ByteBuilder Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
        return this;
    }

    public ByteBuilder Add(byte value)
    {
        Reserve(1)[0] = value;
        Length++;
        return this;
    }

    /// <summary>Puts bytes before all others.</summary>
    public ByteBuilder Prepend(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        Span.CopyTo(_bytes.AsSpan(bytes.Length));
        bytes.CopyTo(_bytes);
        Length += bytes.Length;
        return this;
    }

    /// <summary>Adds a text as a JSON string with its quotes.</summary>
    public ByteBuilder AddString(string text)
    {
        // JsonEncodedText refuses lone surrogates; a UTF-8 round trip turns them into U+FFFD first.
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Add((byte)'"').AddEscaped(utf8).Add((byte)'"');
    }

    /// <summary>Adds UTF-8 text as the inside of a JSON string, escaping only what JSON asks for.</summary>
    public ByteBuilder AddEscaped(ReadOnlySpan<byte> utf8)
    {
        foreach (byte value in utf8)
        {
            switch (value)
            {
                case (byte)'"':
                    Add("\\\""u8);
                    break;
                case (byte)'\\':
                    Add("\\\\"u8);
                    break;
                case (byte)'\n':
                    Add("\\n"u8);
                    break;
                case (byte)'\r':
                    Add("\\r"u8);
                    break;
                case (byte)'\t':
                    Add("\\t"u8);
                    break;
                case < 0x20:
                    Add("\\u00"u8).Add(Hex(value >> 4)).Add(Hex(value & 15));
                    break;
                default:
                    Add(value);
                    break;
            }
        }

        return this;
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _bytes.Length)
        {
            // Long rows in large steps: what was outgrown and not yet collected stays a third of the last.
            long next = _bytes.Length * (_bytes.Length < 1 << 20 ? 2L : 4L);
            Array.Resize(ref _bytes, (int)Math.Clamp(next, Length + count, Array.MaxLength));
        }

        return _bytes.AsSpan(Length);
    }
}
