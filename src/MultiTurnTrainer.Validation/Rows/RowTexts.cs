namespace MultiTurnTrainer.Validation.Rows;

/// <summary>A piece of text of a row, unescaped.</summary>
internal readonly ref struct TextToken(int token, Role role, bool isReasoning, TextMarks marks, ReadOnlySpan<byte> utf8)
{
    /// <summary>The canonical token it comes from.</summary>
    public int Token { get; } = token;

    /// <summary>Whose text it is.</summary>
    public Role Role { get; } = role;

    /// <summary>Whether it is reasoning.</summary>
    public bool IsReasoning { get; } = isReasoning;

    /// <summary>What it may hold.</summary>
    public TextMarks Marks { get; } = marks;

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Utf8 { get; } = utf8;
}

/// <summary>
/// The contents and the reasoning of a row as UTF-8, in order. Escaped texts are unescaped once per row into a kept
/// buffer, so that every rule reads the same bytes.
/// </summary>
internal sealed class RowTexts
{
    private readonly List<Piece> _pieces = [];
    private byte[] _buffer = new byte[4096];
    private int _used;
    private JsonTape _tape = null!;

    /// <summary>Number of pieces.</summary>
    public int Count => _pieces.Count;

    public TextToken this[int index] => _pieces[index].Of(_tape.Text.Span, _buffer);

    /// <summary>Collects the texts of some messages.</summary>
    public void Load(JsonTape tape, ReadOnlySpan<MessageView> messages)
    {
        _tape = tape;
        _pieces.Clear();
        _used = 0;
        foreach (ref readonly MessageView message in messages)
        {
            Add(message.Reasoning, message.Role, reasoning: true);
            if (message.Content < 0 || tape[message.Content].Kind != JsonKind.Array)
            {
                Add(message.Content, message.Role, reasoning: false);
                continue;
            }

            for (int part = message.Content + 1; part < tape[message.Content].Next; part = tape[part].Next)
            {
                int text = tape[part].Kind == JsonKind.Object ? tape.Find(part, "text"u8) : part;
                Add(text, message.Role, reasoning: false);
            }
        }
    }

    /// <summary>Walks over the pieces.</summary>
    public Walker GetEnumerator() => new(this);

    private void Add(int token, Role role, bool reasoning)
    {
        if (token < 0 || _tape[token].Kind != JsonKind.String || _tape[token].Length == 0)
        {
            return;
        }

        ref readonly JsonToken text = ref _tape[token];
        if ((text.Flags & JsonFlags.Escaped) == 0)
        {
            _pieces.Add(
                new Piece(token, role, reasoning, TextMarking.Of(_tape.Raw(token)), text.Start, text.Length, false)
            );
            return;
        }

        if (_buffer.Length < _used + text.Length + 4)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _used + text.Length + 4));
        }

        int length = JsonString.Unescape(_tape.Raw(token), _buffer.AsSpan(_used));
        _pieces.Add(
            new Piece(token, role, reasoning, TextMarking.Of(_buffer.AsSpan(_used, length)), _used, length, true)
        );
        _used += length;
    }

    internal ref struct Walker(RowTexts texts)
    {
        private readonly ReadOnlySpan<Piece> _pieces = CollectionsMarshal.AsSpan(texts._pieces);
        private readonly ReadOnlySpan<byte> _source = texts._tape.Text.Span;
        private readonly ReadOnlySpan<byte> _unescaped = texts._buffer;
        private int _index = -1;

        public readonly TextToken Current => _pieces[_index].Of(_source, _unescaped);

        public bool MoveNext() => ++_index < _pieces.Length;
    }

    private readonly record struct Piece(
        int Token,
        Role Role,
        bool Reasoning,
        TextMarks Marks,
        int Start,
        int Length,
        bool Unescaped
    )
    {
        public TextToken Of(ReadOnlySpan<byte> source, ReadOnlySpan<byte> unescaped) =>
            new(Token, Role, Reasoning, Marks, (Unescaped ? unescaped : source).Slice(Start, Length));
    }
}
