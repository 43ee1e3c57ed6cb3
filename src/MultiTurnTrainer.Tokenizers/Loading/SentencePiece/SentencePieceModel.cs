// Folder SentencePiece: tokenizer.model files.
// Refuses to know: tokenizer.json, ranks.
namespace MultiTurnTrainer.Tokenizers.Loading.SentencePiece;

/// <summary>What a piece is, by the numbers of the file.</summary>
internal enum PieceKind
{
    /// <summary>Ordinary text.</summary>
    Normal = 1,

    /// <summary>Stands for what no piece holds.</summary>
    Unknown = 2,

    /// <summary>No text forms it.</summary>
    Control = 3,

    /// <summary>Always one token where the text spells it.</summary>
    UserDefined = 4,

    /// <summary>In the list, never used.</summary>
    Unused = 5,

    /// <summary>A single byte.</summary>
    Byte = 6,
}

/// <summary>A piece of the vocabulary.</summary>
internal readonly record struct ModelPiece(byte[] Text, float Score, PieceKind Kind);

/// <summary>The message of a SentencePiece <c>.model</c> file, as far as encoding asks for it.</summary>
internal sealed class SentencePieceModel
{
    private SentencePieceModel() { }

    /// <summary>The pieces; an id is an index.</summary>
    public List<ModelPiece> Pieces { get; } = [];

    /// <summary>1 unigram, 2 BPE, 3 words, 4 characters.</summary>
    public int Kind { get; private set; } = 1;

    /// <summary>Whether unknown text becomes bytes.</summary>
    public bool ByteFallback { get; private set; }

    /// <summary>Whether version 0.1 of SentencePiece wrote the file: it writes the options that are as usual too.</summary>
    public bool IsOfVersion01 { get; private set; }

    /// <summary>Whether a mark stands behind a word.</summary>
    public bool MarksBehind { get; private set; }

    /// <summary>What unknown pieces show when decoded.</summary>
    public string UnknownText { get; private set; } = " ⁇ ";

    /// <summary>The character map, or empty.</summary>
    public byte[] CharacterMap { get; private set; } = [];

    /// <summary>Whether a mark is put at the end where words have theirs.</summary>
    public bool AddsDummy { get; private set; } = true;

    /// <summary>Whether superfluous spaces are removed.</summary>
    public bool RemovesExtraSpaces { get; private set; } = true;

    /// <summary>Whether spaces become marks.</summary>
    public bool EscapesSpaces { get; private set; } = true;

    /// <summary>Reads a file.</summary>
    /// <exception cref="TokenizerFormatException">It is no such file.</exception>
    public static SentencePieceModel Read(ReadOnlySpan<byte> file)
    {
        SentencePieceModel model = new();
        try
        {
            model.ReadModel(file);
        }
        catch (InvalidDataException)
        {
            throw new TokenizerFormatException("it is no SentencePiece model, or cut short");
        }

        return model.Pieces.Count > 0 ? model : throw new TokenizerFormatException("it holds no pieces");
    }

    private void ReadModel(ReadOnlySpan<byte> file)
    {
        ProtoReader reader = new(file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    Pieces.Add(ReadPiece(reader.Bytes));
                    break;
                case 2:
                    ReadTrainer(reader.Bytes);
                    break;
                case 3:
                    ReadNormalizer(reader.Bytes);
                    break;
            }
        }
    }

    private static ModelPiece ReadPiece(ReadOnlySpan<byte> message)
    {
        ModelPiece piece = new([], 0, PieceKind.Normal);
        ProtoReader reader = new(message);
        while (reader.Next())
        {
            piece = reader.Field switch
            {
                1 => piece with { Text = reader.Bytes.ToArray() },
                2 => piece with { Score = reader.Single },
                3 => piece with { Kind = (PieceKind)reader.Number },
                _ => piece,
            };
        }

        return piece;
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        ProtoReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    Kind = (int)reader.Number;
                    break;
                case 18:
                    // The longest sentence of training, which hardly anyone sets.
                    IsOfVersion01 = true;
                    break;
                case 24:
                    MarksBehind = reader.Flag;
                    break;
                case 35:
                    ByteFallback = reader.Flag;
                    break;
                case 44:
                    UnknownText = Unicode.Utf8.GetString(reader.Bytes);
                    break;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        ProtoReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    CharacterMap = reader.Bytes.ToArray();
                    break;
                case 3:
                    AddsDummy = reader.Flag;
                    break;
                case 4:
                    RemovesExtraSpaces = reader.Flag;
                    break;
                case 5:
                    EscapesSpaces = reader.Flag;
                    break;
            }
        }
    }
}
