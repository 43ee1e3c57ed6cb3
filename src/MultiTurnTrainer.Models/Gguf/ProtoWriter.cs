namespace MultiTurnTrainer.Models.Gguf;

/// <summary>Writes the fields of a protobuf message one after the other.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ProtoWriter Number(int field, int value)
    {
        Varint((uint)field << 3);
        Varint((uint)value);
        return this;
    }

    public ProtoWriter Single(int field, float value)
    {
        Varint(((uint)field << 3) | 5);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message._bytes.WrittenSpan);

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Varint(((uint)field << 3) | 2);
        Varint((uint)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    private void Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Write([(byte)(value | 0x80)]);
        }

        _bytes.Write([(byte)value]);
    }
}
