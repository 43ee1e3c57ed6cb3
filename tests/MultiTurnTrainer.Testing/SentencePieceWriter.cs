using System.Buffers.Binary;

namespace MultiTurnTrainer.Testing;

/// <summary>Writes small SentencePiece models, as protobuf.</summary>
public sealed class SentencePieceWriter
{
    private readonly List<byte> _bytes = [];

    /// <summary>A model as Llama 2's: three special pieces, 256 bytes, ordinary pieces by falling score, runs of marks last.</summary>
    public static byte[] Llama(IReadOnlyList<string> pieces)
    {
        SentencePieceWriter model = new();
        for (int id = 0; id < pieces.Count; id++)
        {
            int kind = id switch
            {
                0 => 2,
                1 or 2 => 3,
                < 259 => 6,
                _ => 1,
            };
            bool marks = pieces[id].All(c => c == '▁');
            float score =
                kind != 1 ? 0
                : marks ? -1e9f
                : 259 - id;
            model.Message(1, piece => piece.Text(1, pieces[id]).Single(2, score).Number(3, kind));
        }

        return
        [
            .. model
                .Message(2, trainer => trainer.Number(3, 2).Number(35, 1))
                .Message(3, normalizer => normalizer.Number(3, 1).Number(4, 0).Number(5, 1))
                ._bytes,
        ];
    }

    private SentencePieceWriter Message(int field, Action<SentencePieceWriter> write)
    {
        SentencePieceWriter message = new();
        write(message);
        return Bytes(field, [.. message._bytes]);
    }

    private SentencePieceWriter Text(int field, string text) => Bytes(field, System.Text.Encoding.UTF8.GetBytes(text));

    private SentencePieceWriter Number(int field, int value)
    {
        Varint(field << 3);
        Varint(value);
        return this;
    }

    private SentencePieceWriter Single(int field, float value)
    {
        Varint((field << 3) | 5);
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    private SentencePieceWriter Bytes(int field, byte[] bytes)
    {
        Varint((field << 3) | 2);
        Varint(bytes.Length);
        _bytes.AddRange(bytes);
        return this;
    }

    private void Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
    }
}
