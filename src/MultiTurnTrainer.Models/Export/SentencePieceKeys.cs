namespace MultiTurnTrainer.Models.Export;

/// <summary>What GGUF takes of a SentencePiece model (<c>tokenizer.model</c>, protobuf): pieces, scores, kinds.</summary>
internal sealed class SentencePieceKeys
{
    private const int PairModel = 2;
    private int _kind = 1;

    private SentencePieceKeys() { }

    public List<string> Tokens { get; } = [];

    public List<float> Scores { get; } = [];

    public List<int> Kinds { get; } = [];

    /// <summary>Whether a space is put before a text.</summary>
    public bool AddsPrefix { get; private set; } = true;

    /// <summary>Reads a model.</summary>
    /// <exception cref="MttException">It is damaged, or no BPE model: llama.cpp merges by score.</exception>
    public static SentencePieceKeys Read(string path)
    {
        SentencePieceKeys keys = new();
        try
        {
            keys.ReadModel(InputFile.ReadBytes(path));
        }
        catch (InvalidDataException problem)
        {
            throw new MttException(
                $"{path}: is no SentencePiece model, or cut short",
                "Take the file from the model's own repository again.",
                problem
            );
        }

        return keys._kind == PairModel && keys.Tokens.Count > 0
            ? keys
            : throw new MttException(
                $"{path}: is no BPE model of SentencePiece, and others have no form in GGUF here",
                "Use llama.cpp's own converter."
            );
    }

    private void ReadModel(ReadOnlySpan<byte> file)
    {
        ProtoReader reader = new(file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    AddPiece(reader.Bytes);
                    break;
                case 2:
                    _kind = (int?)FindNumber(reader.Bytes, 3) ?? _kind;
                    break;
                case 3:
                    AddsPrefix = FindNumber(reader.Bytes, 3) is { } flag ? flag != 0 : AddsPrefix;
                    break;
            }
        }
    }

    // The last one counts where a field is there twice.
    private static ulong? FindNumber(ReadOnlySpan<byte> message, int field)
    {
        ulong? found = null;
        ProtoReader reader = new(message);
        while (reader.Next())
        {
            found = reader.Field == field ? reader.Number : found;
        }

        return found;
    }

    private void AddPiece(ReadOnlySpan<byte> message)
    {
        string text = "";
        float score = 0;
        int kind = 1;
        ProtoReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    text = Encoding.UTF8.GetString(reader.Bytes);
                    break;
                case 2:
                    score = reader.Single;
                    break;
                case 3:
                    kind = (int)reader.Number;
                    break;
            }
        }

        Tokens.Add(text);
        Scores.Add(score);
        Kinds.Add(kind);
    }
}
