namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>
/// Walks over the lines <c>{"text": …}</c> of a block; blank lines are passed over. The text at hand is valid until the
/// next one.
/// </summary>
/// <param name="path">The file's name, for messages.</param>
/// <param name="block">The lines.</param>
internal sealed class TextLines(string path, TextBlock block)
{
    private const string Remedy = "Every line must be an object such as {\"text\": \"…\"}.";

    private byte[] _text = new byte[4096];
    private int _length;
    private int _at =
        block.FirstLine == 1 && block.Bytes.AsSpan().StartsWith(System.Text.Encoding.UTF8.Preamble) ? 3 : 0;

    /// <summary>The number of the line at hand, from 1.</summary>
    public int Number { get; private set; } = block.FirstLine - 1;

    /// <summary>The text at hand; lone surrogates have become U+FFFD.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    /// <summary>Goes on to the next text.</summary>
    /// <exception cref="MttException">A line has no text.</exception>
    public bool Next()
    {
        while (_at < block.Bytes.Length)
        {
            ReadOnlySpan<byte> line = block.Bytes.AsSpan(_at);
            int end = line.IndexOf((byte)'\n');
            line = end < 0 ? line : line[..end];
            _at += line.Length + 1;
            Number++;
            if (!line.Trim(" \t\r\v\f"u8).IsEmpty)
            {
                Read(line);
                return true;
            }
        }

        return false;
    }

    private void Read(ReadOnlySpan<byte> line)
    {
        if (!System.Text.Unicode.Utf8.IsValid(line))
        {
            throw new MttException($"{path}: near line {Number}: not valid UTF-8", "Convert the file.");
        }

        bool found = false;
        try
        {
            Utf8JsonReader reader = new(line);
            bool isObject = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
            while (reader.Read())
            {
                if (!isObject || reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                bool isText = reader.ValueTextEquals("text"u8);
                reader.Read();
                if (isText)
                {
                    // Of a name that is given twice the last counts.
                    found = reader.TokenType == JsonTokenType.String;
                    Keep(ref reader, found);
                }
            }
        }
        catch (JsonException problem)
        {
            throw new MttException($"{path}:{Number}: not valid JSON: {problem.Message}", Remedy, problem);
        }

        if (!found)
        {
            throw new MttException($"{path}:{Number}: there is no string \"text\"", Remedy);
        }
    }

    private void Keep(ref Utf8JsonReader reader, bool isString)
    {
        if (!isString)
        {
            return;
        }

        ReadOnlySpan<byte> json = reader.ValueSpan;
        if (_text.Length < json.Length)
        {
            _text = new byte[2 * json.Length];
        }

        try
        {
            _length = reader.CopyString(_text);
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate is no Unicode text.
            _text = Utf8.GetBytes(LoneSurrogates.Replace(System.Text.Encoding.UTF8.GetString(json)));
            _length = _text.Length;
        }
    }
}
