namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>
/// Which added tokens steer the model and so may not be formed by text that comes from data (masking.md, 5.6): those
/// marked special, those the template writes itself, and those that look like markers. Whitespace runs, HTML tags and the
/// like are ordinary text. Answers may form think and tool-call tags, because the model does.
/// </summary>
internal sealed class ControlTokens
{
    private static readonly string[] _answerTags =
    [
        "think",
        "thought",
        "reason",
        "toolcall",
        "functioncall",
        "toolsep",
    ];

    private readonly Kind[] _kinds;
    private readonly SearchValues<string> _texts;

    public ControlTokens(Tokenizer tokenizer, string template)
    {
        List<string> texts = [];
        _kinds = new Kind[tokenizer.IdLimit];
        foreach (AddedTokenInfo token in tokenizer.AddedTokens)
        {
            bool isControl =
                token.Special
                || LooksLikeMarker(token.Content)
                || template.Contains(token.Content, StringComparison.Ordinal);
            _kinds[token.Id] =
                !isControl || string.IsNullOrWhiteSpace(token.Content) ? Kind.Text
                : IsAnswerTag(token.Content) ? Kind.AnswerTag
                : Kind.Control;
            if (_kinds[token.Id] != Kind.Text)
            {
                texts.Add(token.Content);
            }
        }

        _texts = SearchValues.Create([.. texts], StringComparison.Ordinal);
    }

    private enum Kind : byte
    {
        NotAdded,
        Text,
        AnswerTag,
        Control,
    }

    /// <summary>Whether an id is an added token of any kind.</summary>
    public bool IsAdded(int id) => (uint)id < (uint)_kinds.Length && _kinds[id] != Kind.NotAdded;

    /// <summary>Whether data may not form the token, at least outside answers.</summary>
    public bool IsControl(int id) => (uint)id < (uint)_kinds.Length && _kinds[id] >= Kind.AnswerTag;

    /// <summary>Whether an answer's own text may form the token.</summary>
    public bool IsAllowedInAnswer(int id) => _kinds[id] == Kind.AnswerTag;

    /// <summary>Whether a text spells a control token.</summary>
    public bool IsIn(string text) => text.AsSpan().ContainsAny(_texts);

    // <|user|>, <｜User｜>, [INST], <<SYS>>; not <b> or <table>.
    private static bool LooksLikeMarker(string content) =>
        content.Length > 2
        && (
            (content[0] == '<' && content[1] is '|' or '｜' or '<')
            || (
                content[0] == '['
                && content[^1] == ']'
                && content.AsSpan(1, content.Length - 2).ContainsAnyInRange('A', 'Z')
            )
        );

    private static bool IsAnswerTag(string content)
    {
        string letters = string.Concat(content.Where(char.IsAsciiLetter)).ToLowerInvariant();
        return Array.Exists(_answerTags, tag => letters.StartsWith(tag, StringComparison.Ordinal));
    }
}
