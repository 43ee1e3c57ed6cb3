namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Walks over Thrift's compact protocol. Lengths are checked against the bytes that are left, nesting is bounded.</summary>
internal ref struct ThriftWalk(ReadOnlySpan<byte> data)
{
    private const int MaxDepth = 64;

    private ReadOnlySpan<byte> _rest = data;

    /// <summary>Moves to a struct's next field; false at its end.</summary>
    /// <param name="id">The field before, 0 at the start; receives the field's number.</param>
    /// <param name="type">Receives the type of the value that follows.</param>
    public bool NextField(ref int id, out ThriftType type)
    {
        byte head = ReadByte();
        type = (ThriftType)(head & 0x0F);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        id = head >> 4 == 0 ? (int)ReadInteger() : id + (head >> 4);
        return true;
    }

    /// <summary>A whole number of any width.</summary>
    public long ReadInteger()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A list's length; its elements follow.</summary>
    public int ReadList(out ThriftType element)
    {
        byte head = ReadByte();
        element = (ThriftType)(head & 0x0F);
        int count = head >> 4;

        // No element is shorter than a byte.
        return count == 15 ? ReadLength() : count;
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException("the footer is nested too deeply");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                ReadByte();
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                ReadVarint();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                Take(ReadLength());
                break;
            case ThriftType.List or ThriftType.Set:
                SkipElements(ReadList(out ThriftType element), element, ThriftType.Stop, depth);
                break;
            case ThriftType.Map:
                int entries = ReadLength();
                byte types = entries == 0 ? (byte)0 : ReadByte();
                SkipElements(entries, (ThriftType)(types >> 4), (ThriftType)(types & 0x0F), depth);
                break;
            case ThriftType.Struct:
                int id = 0;
                while (NextField(ref id, out ThriftType field))
                {
                    Skip(field, depth + 1);
                }

                break;
            default:
                throw new InvalidDataException($"its footer has a field of the unknown type {(byte)type}");
        }
    }

    // The second type is that of a map's values. Inside collections a boolean is a byte of its own.
    private void SkipElements(int count, ThriftType first, ThriftType second, int depth)
    {
        for (int i = 0; i < count; i++)
        {
            Skip(first is ThriftType.True or ThriftType.False ? ThriftType.Byte : first, depth + 1);
            if (second != ThriftType.Stop)
            {
                Skip(second is ThriftType.True or ThriftType.False ? ThriftType.Byte : second, depth + 1);
            }
        }
    }

    private int ReadLength()
    {
        ulong length = ReadVarint();
        return length <= (ulong)_rest.Length ? (int)length : throw new EndOfStreamException();
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("its footer has a number of too many bytes");
    }

    private byte ReadByte()
    {
        byte value = _rest.IsEmpty ? throw new EndOfStreamException() : _rest[0];
        _rest = _rest[1..];
        return value;
    }

    private void Take(int count) => _rest = count <= _rest.Length ? _rest[count..] : throw new EndOfStreamException();
}

/// <summary>The wire types of Thrift's compact protocol.</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}
