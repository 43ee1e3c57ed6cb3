namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>What rendering needs of a model and a run: template, special tokens, stop tokens, template variables, date.</summary>
public sealed class RowTemplate
{
    private readonly IReadOnlyList<string> _more;

    /// <summary>Puts them together.</summary>
    /// <param name="chat">Template and special tokens of the model.</param>
    /// <param name="options">What the run says.</param>
    public RowTemplate(ChatModel chat, RowOptions options)
    {
        Chat = chat;
        Now = options.Now;
        Budget = options.TemplateBudget;
        _more = options.Eot;
        Stops = StopsFor(null, null);
        Dictionary<string, JsonView> variables = new(chat.SpecialTokens, StringComparer.Ordinal);
        variables.Remove("bos_token");
        variables.Remove("eos_token");
        foreach ((string name, JsonView value) in options.ChatTemplateKwargs)
        {
            variables[name] = value;
        }

        Variables = variables;
    }

    /// <summary>Template and special tokens.</summary>
    public ChatModel Chat { get; }

    /// <summary>The tokens that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; }

    /// <summary>What a template that prints the date prints; null refuses it.</summary>
    public DateTimeOffset? Now { get; }

    /// <summary>How many times the usual budget a render has.</summary>
    internal double Budget { get; }

    /// <summary>Special tokens such as <c>pad_token</c>, and the run's own variables.</summary>
    internal IReadOnlyDictionary<string, JsonView> Variables { get; }

    /// <summary>Whether a template marks answers itself.</summary>
    internal bool HasGenerationBlocks =>
        Chat.Template.HasGenerationBlocks || (Chat.ToolTemplate?.HasGenerationBlocks ?? false);

    /// <summary>Whether a template prints the date, so that rows differ from day to day.</summary>
    public bool PrintsDate =>
        (Chat.Template.Source + Chat.ToolTemplate?.Source).Contains("strftime_now", StringComparison.Ordinal);

    /// <summary>The variables of a row: its own win over the run's, those over the model's special tokens.</summary>
    internal IReadOnlyDictionary<string, JsonView> With(IReadOnlyDictionary<string, JsonView> own)
    {
        if (own.Count == 0)
        {
            return Variables;
        }

        Dictionary<string, JsonView> variables = new(Variables, StringComparer.Ordinal);
        foreach ((string name, JsonView value) in own)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>The stop tokens of a row: its own list, or the model's with the row's own eos token before them.</summary>
    internal IReadOnlyList<string> StopsFor(IReadOnlyList<string>? own, string? eos)
    {
        if (own is null && eos is null && Stops is not null)
        {
            return Stops;
        }

        IEnumerable<string> stops = own ?? [.. eos is null ? [] : (string[])[eos], .. Chat.StopTokens];
        return [.. stops.Concat(_more).Distinct(StringComparer.Ordinal)];
    }
}
