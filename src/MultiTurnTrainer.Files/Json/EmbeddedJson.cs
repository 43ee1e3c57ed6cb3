namespace MultiTurnTrainer.Files.Json;

/// <summary>Scans JSON that stands as text inside a JSON string; its buffer is kept between uses.</summary>
internal sealed class EmbeddedJson
{
    private byte[] _buffer = new byte[1024];

    /// <summary>The tokens of the last scan.</summary>
    public JsonTape Tape { get; } = new();

    /// <summary>Scans a string token's text.</summary>
    public bool Scan(JsonTape outer, int token)
    {
        ReadOnlySpan<byte> raw = outer.Raw(token);
        if ((outer[token].Flags & JsonFlags.Escaped) == 0)
        {
            return Tape.Scan(outer.Text.Slice(outer[token].Start, outer[token].Length));
        }

        if (_buffer.Length < raw.Length + 4)
        {
            _buffer = new byte[(raw.Length * 2) + 4];
        }

        return Tape.Scan(_buffer.AsMemory(0, JsonString.Unescape(raw, _buffer)));
    }
}
