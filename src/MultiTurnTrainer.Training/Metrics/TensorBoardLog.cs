namespace MultiTurnTrainer.Training.Metrics;

/// <summary>
/// A TensorBoard event file: TFRecord frames (length, masked CRC-32C, bytes, masked CRC-32C) around Event messages
/// written by hand: wall_time = 1, step = 2, file_version = 3, summary = 5 with value = 1 {tag = 1, simple_value = 2}.
/// </summary>
internal sealed class TensorBoardLog : IDisposable
{
    private static int _files;
    private readonly TimeProvider _time;
    private readonly FileStream _stream;

    /// <summary>Begins a new event file in a folder; TensorBoard joins the files of a folder.</summary>
    public TensorBoardLog(string folder, TimeProvider time)
    {
        _time = time;
        Directory.CreateDirectory(folder);
        // As TensorBoard's own writers: a process may begin several files in one second.
        int number = Interlocked.Increment(ref _files);
        string name =
            $"events.out.tfevents.{time.GetUtcNow().ToUnixTimeSeconds():D10}.mtt.{Environment.ProcessId}.{number}";
        _stream = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        Frame(Event(0, message => Text(message, 3, "brain.Event:2")));
    }

    /// <summary>Writes scalars of one step.</summary>
    public void Write(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        byte[] summary = Message(body =>
        {
            foreach ((string tag, double value) in scalars)
            {
                Bytes(
                    body,
                    1,
                    Message(item =>
                    {
                        Text(item, 1, tag);
                        Fixed32(item, 2, (float)value);
                    })
                );
            }
        });
        Frame(Event(step, message => Bytes(message, 5, summary)));
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>CRC-32C as TFRecord stores it: rotated and offset, so that a checksum of checksums stays sound.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8);
    }

    private void Frame(byte[] message)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc(header[..8]));
        _stream.Write(header);
        _stream.Write(message);
        BinaryPrimitives.WriteUInt32LittleEndian(header, MaskedCrc(message));
        _stream.Write(header[..4]);
    }

    private byte[] Event(long step, Action<MemoryStream> body) =>
        Message(message =>
        {
            Varint(message, (1 << 3) | 1);
            Span<byte> wall = stackalloc byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(wall, _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
            message.Write(wall);
            Varint(message, 2 << 3);
            Varint(message, (ulong)step);
            body(message);
        });

    private static byte[] Message(Action<MemoryStream> body)
    {
        using MemoryStream stream = new();
        body(stream);
        return stream.ToArray();
    }

    private static void Text(MemoryStream stream, int field, string text) =>
        Bytes(stream, field, Encoding.UTF8.GetBytes(text));

    private static void Bytes(MemoryStream stream, int field, byte[] bytes)
    {
        Varint(stream, ((ulong)field << 3) | 2);
        Varint(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }

    private static void Fixed32(MemoryStream stream, int field, float value)
    {
        Varint(stream, ((ulong)field << 3) | 5);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void Varint(MemoryStream stream, ulong value)
    {
        while (value >= 0x80)
        {
            stream.WriteByte((byte)(value | 0x80));
            value >>= 7;
        }

        stream.WriteByte((byte)value);
    }
}
