using System.Buffers.Binary;

namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>
/// Events as bytes in the hot tier: when, the kind's length and name, a vector's length and bytes where the kind's length has its highest
/// bit set, what it says. The version is its place in the list.
/// </summary>
internal static class HotEvents
{
    private const byte HasVector = 0x80;

    public static byte[] Write(StoredEvent stored)
    {
        byte[] kind = Encoding.UTF8.GetBytes(stored.Kind);
        bool hasVector = !stored.Vector.IsEmpty;
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(stored.At.UtcTicks);
        writer.Write((byte)(hasVector ? kind.Length | HasVector : kind.Length));
        writer.Write(kind);
        if (hasVector)
        {
            writer.Write(stored.Vector.Length);
            writer.Write(stored.Vector.Span);
        }

        writer.Write(stored.Data.Span);
        return bytes.ToArray();
    }

    public static StoredEvent Read(long version, byte[] bytes)
    {
        DateTimeOffset at = new(BinaryPrimitives.ReadInt64LittleEndian(bytes), TimeSpan.Zero);
        byte length = bytes[sizeof(long)];
        ReadOnlyMemory<byte> rest = bytes.AsMemory(sizeof(long) + 1);
        string kind = Encoding.UTF8.GetString(rest.Span[..(length & ~HasVector)]);
        rest = rest[(length & ~HasVector)..];
        int vector = 0;
        if ((length & HasVector) != 0)
        {
            vector = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
            rest = rest[sizeof(int)..];
        }

        return new StoredEvent(version, at, kind, rest[vector..]) { Vector = rest[..vector] };
    }
}
