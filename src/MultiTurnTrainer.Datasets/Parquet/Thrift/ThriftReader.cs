using System.Text;

namespace MultiTurnTrainer.Datasets.Parquet.Thrift;

/// <summary>
/// Reads Thrift's compact protocol from bytes that nobody has checked: every length is compared with what is left.
/// Throws <see cref="EndOfStreamException"/> when the bytes end too soon and <see cref="InvalidDataException"/> when
/// they contradict the protocol.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> data)
{
    private const int MaxDepth = 32;
    private readonly ReadOnlySpan<byte> _data = data;

    /// <summary>Bytes consumed so far.</summary>
    public int Position { get; private set; }

    /// <summary>Moves to a struct's next field; false at its end.</summary>
    /// <param name="id">The previous field's id (0 before the first); set to the next one's.</param>
    /// <param name="type">The field's wire type.</param>
    public bool NextField(ref int id, out ThriftType type)
    {
        byte header = ReadByte();
        type = (ThriftType)(header & 0x0F);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        int delta = header >> 4;
        id = delta == 0 ? checked((short)ReadZigZag()) : id + delta;
        return true;
    }

    /// <summary>A boolean field, whose value is its type.</summary>
    public readonly bool ReadBool(ThriftType type) =>
        type switch
        {
            ThriftType.True => true,
            ThriftType.False => false,
            _ => throw Unexpected(type),
        };

    /// <summary>A whole number of any width that fits 32 bits.</summary>
    public int ReadInt(ThriftType type)
    {
        long value = ReadLong(type);
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new InvalidDataException("a number is out of range");
    }

    /// <summary>A whole number of any width.</summary>
    public long ReadLong(ThriftType type) =>
        type switch
        {
            ThriftType.Byte => (sbyte)ReadByte(),
            ThriftType.I16 or ThriftType.I32 or ThriftType.I64 => ReadZigZag(),
            _ => throw Unexpected(type),
        };

    /// <summary>A string, decoded as UTF-8.</summary>
    public string ReadString(ThriftType type)
    {
        if (type != ThriftType.Binary)
        {
            throw Unexpected(type);
        }

        return Encoding.UTF8.GetString(Take(ReadLength()));
    }

    /// <summary>A list's head: its element type and length; the elements follow.</summary>
    public int ReadListHeader(ThriftType type, out ThriftType element)
    {
        if (type is not (ThriftType.List or ThriftType.Set))
        {
            throw Unexpected(type);
        }

        byte header = ReadByte();
        element = (ThriftType)(header & 0x0F);
        int count = header >> 4;
        count = count == 15 ? ReadLength() : count;

        // No element is shorter than a byte, so a longer list cannot be real.
        return count <= _data.Length - Position ? count : throw new EndOfStreamException();
    }

    /// <summary>Passes over a field of any type.</summary>
    public void Skip(ThriftType type) => Skip(type, 0);

    private void Skip(ThriftType type, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException("the metadata is nested too deeply");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                ReadByte();
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                ReadZigZag();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                Take(ReadLength());
                break;
            case ThriftType.List or ThriftType.Set:
                SkipList(type, depth);
                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                int id = 0;
                while (NextField(ref id, out ThriftType field))
                {
                    Skip(field, depth + 1);
                }

                break;
            default:
                throw Unexpected(type);
        }
    }

    private void SkipList(ThriftType type, int depth)
    {
        int count = ReadListHeader(type, out ThriftType element);
        for (int i = 0; i < count; i++)
        {
            SkipElement(element, depth);
        }
    }

    private void SkipMap(int depth)
    {
        int count = ReadLength();
        if (count == 0)
        {
            return;
        }

        byte types = ReadByte();
        for (int i = 0; i < count; i++)
        {
            SkipElement((ThriftType)(types >> 4), depth);
            SkipElement((ThriftType)(types & 0x0F), depth);
        }
    }

    // Inside collections a boolean is a byte of its own.
    private void SkipElement(ThriftType element, int depth)
    {
        if (element is ThriftType.True or ThriftType.False)
        {
            ReadByte();
        }
        else
        {
            Skip(element, depth + 1);
        }
    }

    private byte ReadByte() => Position < _data.Length ? _data[Position++] : throw new EndOfStreamException();

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _data.Length - Position)
        {
            throw new EndOfStreamException();
        }

        Position += count;
        return _data.Slice(Position - count, count);
    }

    private int ReadLength()
    {
        ulong value = ReadVarint();
        return value <= int.MaxValue ? (int)value : throw new InvalidDataException("a length is out of range");
    }

    private long ReadZigZag()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
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

        throw new InvalidDataException("a number has too many bytes");
    }

    private static InvalidDataException Unexpected(ThriftType type) => new($"unexpected field type {(byte)type}");
}
