namespace MultiTurnTrainer.Files.Json;

/// <summary>
/// Reads values one after another in the same memory, for lines whose values are taken out at once: a value is valid until the next
/// one is read. What stays longer comes from <see cref="JsonView.Parse(ReadOnlySpan{byte})"/>.
/// </summary>
public sealed class JsonScanner
{
    private readonly JsonTape _tape = new(Array.MaxLength, JsonView.MaxDepth);

    /// <summary>Reads one value; the bytes stay as they are until the next.</summary>
    /// <exception cref="FormatException">It is not JSON; the message says why and where.</exception>
    public JsonView Read(ReadOnlyMemory<byte> utf8)
    {
        JsonView.Scan(_tape, utf8);
        return new JsonView(_tape, 0);
    }
}
