using System.Buffers.Binary;

namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>Events as bytes in the hot tier: when, the kind's length and name, what it says. The version is its place in the list.</summary>
internal static class HotEvents
{
    private const int Time = sizeof(long);

    public static byte[] Write(StoredEvent stored)
    {
        byte[] kind = Encoding.UTF8.GetBytes(stored.Kind);
        byte[] bytes = new byte[Time + 1 + kind.Length + stored.Data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, stored.At.UtcTicks);
        bytes[Time] = checked((byte)kind.Length);
        kind.CopyTo(bytes, Time + 1);
        stored.Data.CopyTo(bytes.AsMemory(Time + 1 + kind.Length));
        return bytes;
    }

    public static StoredEvent Read(long version, byte[] bytes)
    {
        int start = Time + 1 + bytes[Time];
        return new StoredEvent(
            version,
            new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(bytes), TimeSpan.Zero),
            Encoding.UTF8.GetString(bytes, Time + 1, bytes[Time]),
            bytes.AsMemory(start)
        );
    }
}
