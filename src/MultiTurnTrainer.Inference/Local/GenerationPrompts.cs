namespace MultiTurnTrainer.Inference.Local;

/// <summary>The prompts of <c>mtt generate</c>: token ids as given, or conversations rendered and tokenized.</summary>
/// <param name="path">A file, or <c>-</c> for standard input.</param>
/// <param name="model">The model, and how conversations are rendered.</param>
public sealed class GenerationPrompts(string path, LocalModelOptions model)
{
    private readonly Tokenizer? _tokenizer = Tokenizer.FileOf(model.Folder) is null
        ? null
        : Tokenizer.Load(model.Folder);

    private PromptEncoder? _encoder;

    /// <summary>One more than the largest id of the vocabulary; without end where the model folder has no tokenizer.</summary>
    internal int IdLimit => _tokenizer?.IdLimit ?? int.MaxValue;

    /// <summary>One prompt a row, in order.</summary>
    /// <exception cref="MttException">The file is missing, or a row is no prompt.</exception>
    public IEnumerable<int[]> Read() =>
        PromptReader.Read(path, model.Rows.Conversion).Select(row => row.Ids ?? Encode(row.Conversation!));

    /// <summary>The text of an answer, without its stop token; null where the model folder has no tokenizer.</summary>
    public string? Decode(Completion completion)
    {
        ReadOnlySpan<int> ids = completion.Ids;
        bool stopped = completion.FinishReason == FinishReason.Stop;
        return _tokenizer?.Decode(stopped ? ids[..^1] : ids, skipSpecialTokens: true);
    }

    private int[] Encode(Conversation conversation)
    {
        _encoder ??= new PromptEncoder(RowModel.Load(model.Folder, model.Rows, _tokenizer));
        return _encoder.Encode(conversation);
    }
}
