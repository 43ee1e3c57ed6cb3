using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Tokenization.Templates;
using MultiTurnTrainer.Tokenization.Tokenizers;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The prompts of <c>mtt generate</c>: token ids as given, or conversations rendered and tokenized.</summary>
internal sealed class GenerationPrompts
{
    private readonly string _path;
    private readonly string _modelFolder;
    private readonly Tokenizer? _tokenizer;
    private PromptEncoder? _encoder;

    private GenerationPrompts(string path, string modelFolder, Tokenizer? tokenizer)
    {
        _path = path;
        _modelFolder = modelFolder;
        _tokenizer = tokenizer;
    }

    /// <summary>Opens an input file, or standard input for <c>-</c>.</summary>
    public static GenerationPrompts Open(string path, string modelFolder)
    {
        if (path != "-" && !File.Exists(path))
        {
            throw new MttException($"{path}: no such file", "Give a .jsonl file, or - for standard input.");
        }

        bool spoken = File.Exists(Path.Combine(modelFolder, "tokenizer.json"));
        return new GenerationPrompts(path, modelFolder, spoken ? Tokenizer.Load(modelFolder) : null);
    }

    /// <summary>One prompt a line, blank lines left out.</summary>
    public IEnumerable<int[]> Read()
    {
        using TextReader reader = _path == "-" ? Console.In : new StreamReader(_path);
        int line = 0;
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (!string.IsNullOrWhiteSpace(text))
            {
                yield return Prompt(text, line);
            }
        }
    }

    /// <summary>The text of an answer, without its stop token; null where the model folder has no tokenizer.</summary>
    public string? Decode(Completion completion)
    {
        ReadOnlySpan<int> ids = completion.Ids;
        bool stopped = completion.FinishReason == FinishReason.Stop;
        return _tokenizer?.Decode(stopped ? ids[..^1] : ids, skipSpecialTokens: true);
    }

    private int[] Prompt(string text, int line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.TryGetProperty("input_ids", out JsonElement ids))
            {
                return [.. ids.EnumerateArray().Select(id => id.GetInt32())];
            }

            if (_tokenizer is null)
            {
                throw new MttException(
                    $"{_path}:{line}: has no input_ids, and {_modelFolder} has no tokenizer.json",
                    "Give {\"input_ids\": [integers]}, or a model folder with tokenizer and chat template."
                );
            }

            _encoder ??= new PromptEncoder(new RowModel(ChatModel.Load(_modelFolder), _tokenizer, []));
            return _encoder.Encode(Conversation.FromJson(document.RootElement, _path, line));
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw new MttException(
                $"{_path}:{line}: not a prompt: {problem.Message}",
                "A line is a conversation, or {\"input_ids\": [integers]}.",
                problem
            );
        }
    }
}
