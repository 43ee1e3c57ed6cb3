namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Reads lines of <c>{"text": …}</c>; blank lines are passed over.</summary>
internal static class TextLineReader
{
    private const string Remedy = "Every line must be an object such as {\"text\": \"…\"}.";

    /// <summary>The lines of a file (gzip is unpacked), or of standard input for <c>-</c>.</summary>
    /// <exception cref="MttException">The file cannot be read, or a line has no text.</exception>
    public static IEnumerable<TextLine> Read(string path)
    {
        using Stream stream = Open(path);
        using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
        for (int number = 1; ReadLine(reader, path, number) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return new TextLine(number, TextOf(line, path, number));
            }
        }
    }

    private static Stream Open(string path)
    {
        if (path == "-")
        {
            return File.OpenRead("/dev/stdin");
        }

        FileStream file = InputFile.OpenRead(path, "Name a JSON Lines file, or - for standard input.");
        return path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static string? ReadLine(StreamReader reader, string path, int number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException problem)
        {
            throw new MttException($"{path}: near line {number}: not valid UTF-8", "Convert the file.", problem);
        }
        catch (InvalidDataException problem)
        {
            throw new MttException($"{path}: near line {number}: {problem.Message}", "Unpack the file.", problem);
        }
    }

    private static string TextOf(string line, string path, int number)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            if (
                json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("text", out JsonElement text)
                && text.ValueKind == JsonValueKind.String
            )
            {
                return StringOf(text);
            }
        }
        catch (JsonException problem)
        {
            throw new MttException($"{path}:{number}: not valid JSON: {problem.Message}", Remedy, problem);
        }

        throw new MttException($"{path}:{number}: there is no string \"text\"", Remedy);
    }

    private static string StringOf(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate is no Unicode text.
            return LoneSurrogates.Replace(text.GetRawText().AsSpan(1)[..^1]);
        }
    }
}
