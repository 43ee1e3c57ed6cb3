namespace MultiTurnTrainer.Models.Export;

/// <summary>What GGUF takes of a SentencePiece model (<c>tokenizer.model</c>, protobuf): pieces, scores, kinds.</summary>
internal sealed class SentencePieceKeys
{
    private const int PairModel = 2;
    private readonly string _path;

    private SentencePieceKeys(string path) => _path = path;

    public List<string> Tokens { get; } = [];

    public List<float> Scores { get; } = [];

    public List<int> Kinds { get; } = [];

    /// <summary>Whether a space is put before a text.</summary>
    public bool AddsPrefix { get; private set; } = true;

    /// <summary>Reads a model.</summary>
    /// <exception cref="MttException">It is damaged, or no BPE model: llama.cpp merges by score.</exception>
    public static SentencePieceKeys Read(string path)
    {
        SentencePieceKeys keys = new(path);
        int kind = 1;
        keys.Walk(
            InputFile.ReadBytes(path),
            (field, number, message) =>
            {
                switch (field)
                {
                    case 1:
                        keys.AddPiece(message);
                        break;
                    case 2:
                        keys.Walk(message, (inner, value, _) => kind = inner == 3 ? (int)value : kind);
                        break;
                    case 3:
                        keys.Walk(
                            message,
                            (inner, value, _) => keys.AddsPrefix = inner == 3 ? value != 0 : keys.AddsPrefix
                        );
                        break;
                }
            }
        );
        return kind == PairModel && keys.Tokens.Count > 0
            ? keys
            : throw new MttException(
                $"{path}: is no BPE model of SentencePiece, and others have no form in GGUF here",
                "Use llama.cpp's own converter."
            );
    }

    private void AddPiece(byte[] message)
    {
        string text = "";
        float score = 0;
        int kind = 1;
        Walk(
            message,
            (field, number, bytes) =>
            {
                switch (field)
                {
                    case 1:
                        text = Encoding.UTF8.GetString(bytes);
                        break;
                    case 2:
                        score = BitConverter.UInt32BitsToSingle((uint)number);
                        break;
                    case 3:
                        kind = (int)number;
                        break;
                }
            }
        );
        Tokens.Add(text);
        Scores.Add(score);
        Kinds.Add(kind);
    }

    // The fields of a message: their numbers, and their value as a number or as bytes.
    private void Walk(byte[] message, Action<int, ulong, byte[]> visit)
    {
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Varint();
            ulong number = 0;
            byte[] bytes = [];
            switch (tag & 7)
            {
                case 0:
                    number = Varint();
                    break;
                case 1:
                    number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                    break;
                case 2:
                    bytes = Take(Varint());
                    break;
                case 5:
                    number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                    break;
                default:
                    throw Damaged();
            }

            visit((int)(tag >> 3), number, bytes);
        }

        byte[] Take(ulong length)
        {
            if (length > (ulong)(message.Length - at))
            {
                throw Damaged();
            }

            at += (int)length;
            return message[(at - (int)length)..at];
        }

        ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = Take(1)[0];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            throw Damaged();
        }
    }

    private MttException Damaged() =>
        new(
            $"{_path}: is no SentencePiece model, or cut short",
            "Take the file from the model's own repository again."
        );
}
