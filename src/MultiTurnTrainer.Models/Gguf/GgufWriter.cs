namespace MultiTurnTrainer.Models.Gguf;

/// <summary>A tensor to write.</summary>
/// <param name="Name">llama.cpp's name.</param>
/// <param name="Shape">The sizes, outermost first.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Write">Writes exactly its bytes.</param>
public sealed record GgufPiece(string Name, long[] Shape, GgufType Type, Action<Stream> Write);

/// <summary>Writes GGUF files, version 3.</summary>
public static class GgufWriter
{
    private const int Alignment = 32;

    /// <summary>Writes a file under a temporary name and renames it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">Keys in their order; values are texts, flags, int, uint, float and arrays of text, int and float.</param>
    /// <param name="pieces">The tensors in their order.</param>
    /// <param name="force">Whether a file of that name may be replaced.</param>
    /// <exception cref="MttException">The path is taken or cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<KeyValuePair<string, object>> metadata,
        IReadOnlyList<GgufPiece> pieces,
        bool force
    )
    {
        using OutputFile file = OutputFile.Create(path, force);
        using (BinaryWriter writer = new(file.Stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write("GGUF"u8);
            writer.Write(3u);
            writer.Write((ulong)pieces.Count);
            writer.Write((ulong)metadata.Count);
            foreach ((string key, object value) in metadata)
            {
                WriteText(writer, key);
                writer.Write(TypeOf(value));
                WriteValue(writer, value);
            }

            WritePlaces(writer, pieces);
            writer.Flush();
            Pad(file.Stream);
            foreach (GgufPiece piece in pieces)
            {
                long before = file.Stream.Position;
                piece.Write(file.Stream);
                Debug.Assert(file.Stream.Position - before == Tensor(piece, 0).Length, piece.Name);
                Pad(file.Stream);
            }
        }

        file.Commit();
    }

    private static void WritePlaces(BinaryWriter writer, IReadOnlyList<GgufPiece> pieces)
    {
        long offset = 0;
        foreach (GgufPiece piece in pieces)
        {
            WriteText(writer, piece.Name);
            writer.Write((uint)piece.Shape.Length);
            foreach (long size in piece.Shape.Reverse())
            {
                writer.Write(size);
            }

            writer.Write((int)piece.Type);
            writer.Write(offset);
            offset += (Tensor(piece, 0).Length + Alignment - 1) / Alignment * Alignment;
        }
    }

    private static GgufTensor Tensor(GgufPiece piece, long offset) => new(piece.Name, piece.Shape, piece.Type, offset);

    private static void Pad(Stream stream)
    {
        Span<byte> zeros = stackalloc byte[Alignment];
        zeros.Clear();
        stream.Write(zeros[..(int)((Alignment - (stream.Position % Alignment)) % Alignment)]);
    }

    private static int TypeOf(object value) =>
        value switch
        {
            uint => 4,
            int => 5,
            float => 6,
            bool => 7,
            string => 8,
            Array => 9,
            _ => throw new ArgumentException($"GGUF metadata of type {value.GetType()}", nameof(value)),
        };

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number:
                writer.Write(number);
                break;
            case int number:
                writer.Write(number);
                break;
            case float number:
                writer.Write(number);
                break;
            case bool flag:
                writer.Write((byte)(flag ? 1 : 0));
                break;
            case string text:
                WriteText(writer, text);
                break;
            case Array list:
                writer.Write(TypeOf(list is string[] ? "" : list.GetValue(0)!));
                writer.Write((ulong)list.Length);
                foreach (object? entry in list)
                {
                    WriteValue(writer, entry!);
                }

                break;
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
