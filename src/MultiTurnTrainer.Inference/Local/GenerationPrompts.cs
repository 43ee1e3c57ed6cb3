namespace MultiTurnTrainer.Inference.Local;

/// <summary>The prompts of <c>mtt generate</c>: token ids as given, or conversations rendered and tokenized.</summary>
/// <param name="path">A file, or <c>-</c> for standard input.</param>
/// <param name="standardInput">What <c>-</c> reads.</param>
/// <param name="model">The model, and how conversations are rendered.</param>
public sealed class GenerationPrompts(string path, TextReader standardInput, LocalModelOptions model)
{
    private readonly Tokenizer? _tokenizer = Tokenizer.FileOf(model.Folder) is null
        ? null
        : Tokenizer.Load(model.Folder);

    private PromptEncoder? _encoder;

    /// <summary>One prompt a row, in order.</summary>
    /// <exception cref="MttException">The file is missing, or a row is no prompt.</exception>
    public IEnumerable<int[]> Read()
    {
        if (path == "-")
        {
            return ReadLines(standardInput);
        }

        return HasIds() ? ReadFile() : ConversationReader.Read(path).Select(Encode);
    }

    /// <summary>The text of an answer, without its stop token; null where the model folder has no tokenizer.</summary>
    public string? Decode(Completion completion)
    {
        ReadOnlySpan<int> ids = completion.Ids;
        bool stopped = completion.FinishReason == FinishReason.Stop;
        return _tokenizer?.Decode(stopped ? ids[..^1] : ids, skipSpecialTokens: true);
    }

    private int[] Encode(Conversation conversation)
    {
        _encoder ??= new PromptEncoder(RowModel.Load(model.Folder, model.Rows));
        return _encoder.Encode(conversation);
    }

    private bool HasIds()
    {
        InputFile.RequireExists(path, "Name a .jsonl file, or - for standard input.");

        try
        {
            string? first = File.ReadLines(path).FirstOrDefault(line => !string.IsNullOrWhiteSpace(line));
            using JsonDocument document = JsonDocument.Parse(first ?? "null");
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("input_ids", out _);
        }
        catch (JsonException)
        {
            return false;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, problem);
        }
    }

    private IEnumerable<int[]> ReadFile()
    {
        using StreamReader reader = new(path);
        foreach (int[] prompt in ReadLines(reader))
        {
            yield return prompt;
        }
    }

    private IEnumerable<int[]> ReadLines(TextReader reader)
    {
        long line = 0;
        bool any = false;
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (!string.IsNullOrWhiteSpace(text))
            {
                any = true;
                yield return Prompt(text, line);
            }
        }

        if (!any)
        {
            throw new MttException($"{path}: holds no rows", "Give conversations or {\"input_ids\"} lines.");
        }
    }

    private int[] Prompt(string text, long line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.TryGetProperty("input_ids", out JsonElement ids)
                ? [.. ids.EnumerateArray().Select(id => id.GetInt32())]
                : Encode(Conversation.FromJson(document.RootElement.Clone(), path, line));
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw new MttException(
                $"{path}:{line}: not a prompt: {problem.Message}",
                "A line is a conversation, or {\"input_ids\": [integers]}.",
                problem
            );
        }
    }
}
