namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Files of plain texts, one JSON object a line.</summary>
public static class TextFile
{
    // A row with one of these beside its text is not about the text.
    private static readonly string[] _others =
    [
        "conversation",
        "conversations",
        "input_ids",
        "instruction",
        "messages",
        "prompt",
    ];

    /// <summary>Whether a file holds plain texts: its first line has a text, and no conversation or tokens.</summary>
    /// <param name="path">A JSON Lines file, gzip allowed.</param>
    public static bool IsOne(string path)
    {
        using FileStream file = InputFile.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using StreamReader reader = new(stream);
        try
        {
            using JsonDocument json = JsonDocument.Parse(reader.ReadLine() ?? "null");
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("text", out JsonElement text)
                && text.ValueKind == JsonValueKind.String
                && !_others.Any(name => json.RootElement.TryGetProperty(name, out _));
        }
        catch (Exception problem) when (problem is JsonException or InvalidDataException)
        {
            return false;
        }
    }
}
