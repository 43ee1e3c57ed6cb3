using System.Text.Json;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows.Tokens;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What rows need of a model: its template, its tokenizer, its special tokens. Shared by all threads.</summary>
public sealed class RowModel
{
    private readonly IReadOnlyList<string> _more;

    /// <summary>Puts a model together.</summary>
    /// <param name="chat">Template and special tokens of the model folder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="stops">Further stop tokens, beside those of the model folder.</param>
    public RowModel(ChatModel chat, Tokenizer tokenizer, IReadOnlyList<string> stops)
        : this(chat, tokenizer, new TokenTable(tokenizer), stops) { }

    /// <summary>Puts a model together with a table that many templates share.</summary>
    internal RowModel(ChatModel chat, Tokenizer tokenizer, TokenTable table, IReadOnlyList<string> stops)
    {
        Chat = chat;
        Tokenizer = tokenizer;
        _more = stops;
        Stops = StopsFor(null, null);
        SpecialTokens = new Dictionary<string, JsonElement>(
            chat.SpecialTokens.Where(token => token.Key is not ("bos_token" or "eos_token")),
            StringComparer.Ordinal
        );
        HasGenerationBlocks = chat.Template.HasGenerationBlocks || (chat.ToolTemplate?.HasGenerationBlocks ?? false);
        Tokens = new TokenizerParts(
            tokenizer,
            table,
            new ControlTokens(tokenizer, chat.Template.Source + chat.ToolTemplate?.Source)
        );
    }

    /// <summary>Template and special tokens.</summary>
    public ChatModel Chat { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The tokens that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; }

    /// <summary>Template variables such as <c>pad_token</c>.</summary>
    internal IReadOnlyDictionary<string, JsonElement> SpecialTokens { get; }

    /// <summary>Whether a template marks answers itself.</summary>
    internal bool HasGenerationBlocks { get; }

    /// <summary>Whether a template prints the date, so that rows differ from day to day.</summary>
    public bool PrintsDate =>
        (Chat.Template.Source + Chat.ToolTemplate?.Source).Contains("strftime_now", StringComparison.Ordinal);

    /// <summary>The tokenizer's tables.</summary>
    internal TokenizerParts Tokens { get; }

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="template">A template file in place of the folder's, or null.</param>
    /// <param name="stops">Further stop tokens.</param>
    /// <param name="name">Which of the folder's templates to use; null for its default.</param>
    /// <exception cref="MttException">Template or tokenizer are missing or unusable.</exception>
    public static RowModel Load(string folder, string? template, IReadOnlyList<string> stops, string? name = null)
    {
        ChatModel chat = ChatModel.Load(folder, template, name);
        Tokenizer tokenizer = Tokenizer.Load(folder);
        bool isConfigured = File.Exists(Path.Combine(folder, "generation_config.json"));
        string? printed = isConfigured ? null : PrintedStop.Find(chat, tokenizer);
        return new RowModel(chat, tokenizer, printed is null ? stops : [.. stops, printed]);
    }

    /// <summary>The stop tokens of a row: its own list, or the model's with the row's own eos token before them.</summary>
    internal IReadOnlyList<string> StopsFor(string[]? own, string? eos)
    {
        if (own is null && eos is null && Stops is not null)
        {
            return Stops;
        }

        IEnumerable<string> stops = own ?? [.. eos is null ? [] : (string[])[eos], .. Chat.StopTokens];
        return [.. stops.Concat(_more).Distinct(StringComparer.Ordinal)];
    }
}
