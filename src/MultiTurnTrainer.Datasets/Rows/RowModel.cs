using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What rows need of a model: its template and its tokenizer. Shared by all threads.</summary>
public sealed class RowModel
{
    private static readonly string[] _tokenizerFiles = ["*token*", "vocab*", "merges*", "*.model"];

    /// <summary>Puts a model together.</summary>
    /// <param name="chat">Template and special tokens of the model folder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="options">What the run says of rendering.</param>
    public RowModel(ChatModel chat, Tokenizer tokenizer, RowOptions options)
        : this(chat, tokenizer, new Lazy<TokenTable>(() => new TokenTable(tokenizer)), options) { }

    /// <summary>Puts a model together with a table that many templates share.</summary>
    internal RowModel(ChatModel chat, Tokenizer tokenizer, Lazy<TokenTable> table, RowOptions options)
    {
        Template = new RowTemplate(chat, options);
        Tokenizer = tokenizer;
        Tokens = new TokenizerParts(
            tokenizer,
            table,
            new ControlTokens(tokenizer, chat.Template.Source + chat.ToolTemplate?.Source)
        );
    }

    /// <summary>What renders.</summary>
    public RowTemplate Template { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The longest sequence that the folder's <c>config.json</c> names; null where it names none.</summary>
    public int? LongestSequence { get; private init; }

    /// <summary>SHA-256 of template and tokenizer files: whether what was counted with one model holds for another.</summary>
    public string Fingerprint =>
        field ??= FingerprintOf(Template.Chat.Template.Source + Template.Chat.ToolTemplate?.Source, Folder);

    private string? Folder { get; init; }

    /// <summary>The tokenizer's tables.</summary>
    internal TokenizerParts Tokens { get; }

    private readonly ConcurrentDictionary<string, bool> _parting = new(StringComparer.Ordinal);

    /// <summary>Whether a stop token parts texts (<see cref="Tokenizer.PartsText"/>).</summary>
    internal bool PartsText(string stop) =>
        _parting.GetOrAdd(
            stop,
            static (text, tokenizer) => tokenizer.TokenToId(text) is { } id && tokenizer.PartsText(id),
            Tokenizer
        );

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">What the run says of rendering: <see cref="RowOptions.Template"/> replaces the folder's.</param>
    /// <param name="tokenizer">The folder's, where it is in memory already.</param>
    /// <exception cref="MttException">Template or tokenizer are missing or unusable.</exception>
    public static RowModel Load(string folder, RowOptions options, Tokenizer? tokenizer = null)
    {
        ChatModel chat = ChatModel.Load(folder, options.Template, options.ChatTemplateName);
        tokenizer ??= Tokenizer.Load(folder);
        bool isConfigured = File.Exists(Path.Combine(folder, "generation_config.json"));
        string? printed = isConfigured ? null : PrintedStop.Find(chat, tokenizer);
        return new RowModel(
            chat,
            tokenizer,
            printed is null ? options : options with { Eot = [.. options.Eot, printed] }
        )
        {
            LongestSequence = LongestOf(folder),
            Folder = folder,
        };
    }

    private static string FingerprintOf(string template, string? folder)
    {
        StringBuilder parts = new(template);
        foreach (string pattern in folder is null ? [] : _tokenizerFiles)
        {
            foreach (string path in Directory.GetFiles(folder!, pattern).Order(StringComparer.Ordinal))
            {
                parts.Append('\n').Append(ContentHash.OfFile(path));
            }
        }

        return ContentHash.Of(Encoding.UTF8.GetBytes(parts.ToString()));
    }

    /// <summary>The longest sequence that a folder's <c>config.json</c> names; null where it names none.</summary>
    /// <exception cref="MttException">The file is not JSON.</exception>
    public static int? LongestOf(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return
                JsonView.Parse(InputFile.ReadBytes(path)).TryGetProperty("max_position_embeddings", out JsonView limit)
                && limit.TryGetInt32(out int tokens)
                ? tokens
                : null;
        }
        catch (FormatException problem)
        {
            throw new MttException($"{path}: {problem.Message}", "Fetch the model's config.json again.", problem);
        }
    }
}
