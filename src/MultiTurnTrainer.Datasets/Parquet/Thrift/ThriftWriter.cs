using System.Buffers;
using System.Text;

namespace MultiTurnTrainer.Datasets.Parquet.Thrift;

/// <summary>Writes Thrift's compact protocol. Fields must come in rising order of id.</summary>
internal sealed class ThriftWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly Stack<int> _outer = new();
    private int _last;

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>Begins a struct that is a list's element or the message itself.</summary>
    public void BeginStruct()
    {
        _outer.Push(_last);
        _last = 0;
    }

    /// <summary>Begins a struct that is a field.</summary>
    public void BeginStruct(int id)
    {
        Field(id, ThriftType.Struct);
        BeginStruct();
    }

    /// <summary>Ends the innermost struct.</summary>
    public void EndStruct()
    {
        Byte((byte)ThriftType.Stop);
        _last = _outer.Pop();
    }

    /// <summary>A 32-bit field.</summary>
    public void Int(int id, int value)
    {
        Field(id, ThriftType.I32);
        ZigZag(value);
    }

    /// <summary>A 64-bit field.</summary>
    public void Long(int id, long value)
    {
        Field(id, ThriftType.I64);
        ZigZag(value);
    }

    /// <summary>A text field.</summary>
    public void String(int id, string value)
    {
        Field(id, ThriftType.Binary);
        StringElement(value);
    }

    /// <summary>Begins a list field; its elements follow.</summary>
    public void List(int id, ThriftType element, int count)
    {
        Field(id, ThriftType.List);
        if (count < 15)
        {
            Byte((byte)((count << 4) | (int)element));
        }
        else
        {
            Byte((byte)(0xF0 | (int)element));
            Varint((ulong)count);
        }
    }

    /// <summary>A 32-bit element of a list.</summary>
    public void IntElement(int value) => ZigZag(value);

    /// <summary>A text element of a list.</summary>
    public void StringElement(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        Varint((ulong)bytes.Length);
        _buffer.Write(bytes);
    }

    private void Field(int id, ThriftType type)
    {
        int delta = id - _last;
        Byte((byte)((delta << 4) | (int)type));
        _last = id;
    }

    private void ZigZag(long value) => Varint((ulong)(value << 1) ^ (ulong)(value >> 63));

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    private void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }
}
