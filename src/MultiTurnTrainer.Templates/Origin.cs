namespace MultiTurnTrainer.Templates;

/// <summary>What kind of thing a character came from.</summary>
public enum OriginKind
{
    /// <summary>Written in the template itself.</summary>
    Literal,

    /// <summary>A value inside <c>messages</c>.</summary>
    Message,

    /// <summary>A value inside <c>tools</c>.</summary>
    Tool,

    /// <summary>A template variable: <c>bos_token</c>, a keyword argument, the date.</summary>
    Variable,

    /// <summary>Made by the template from values whose place is no longer known.</summary>
    Computed,
}

/// <summary>Which part of a message a character came from; what masks by field select on.</summary>
public enum MessageField
{
    /// <summary>Not from a message.</summary>
    None,

    /// <summary><c>role</c>.</summary>
    Role,

    /// <summary><c>content</c>, a text or its parts.</summary>
    Content,

    /// <summary><c>reasoning_content</c>, <c>reasoning</c> or <c>thinking</c>.</summary>
    Reasoning,

    /// <summary>The name of a called function.</summary>
    CallName,

    /// <summary>The arguments of a call.</summary>
    CallArguments,

    /// <summary>Anything else: ids, types, names, weights.</summary>
    Other,
}

/// <summary>
/// Where a run of characters came from: a path into the input, a literal of the template, a variable. Paths are kept
/// as a chain of keys and indexes and only written out when asked for.
/// </summary>
public sealed class Origin
{
    private readonly Origin? _parent;
    private readonly string? _key;
    private readonly int _index;
    private MessageField _field = (MessageField)(-1);
    private int _item = -1;

    private Origin(OriginKind kind, Origin? parent, string? key, int index)
    {
        Kind = kind;
        _parent = parent;
        _key = key;
        _index = index;
        int element =
            kind is not (OriginKind.Message or OriginKind.Tool) ? -1
            : parent is { _parent: null } ? index
            : parent is null ? -1
            : Math.Max(parent.MessageIndex, parent.ToolIndex);
        MessageIndex = kind == OriginKind.Message ? element : -1;
        ToolIndex = kind == OriginKind.Tool ? element : -1;
    }

    /// <summary>The kind of source.</summary>
    public OriginKind Kind { get; }

    /// <summary>The message's index, or -1 when the source is not a message.</summary>
    public int MessageIndex { get; }

    /// <summary>The tool's index in the declared list, or -1 when the source is none of them.</summary>
    public int ToolIndex { get; }

    /// <summary>The index of the part of a content, or of the call, or -1 when the source is none.</summary>
    public int ItemIndex => Field == MessageField.None ? -1 : _item;

    /// <summary>For a literal: its line in the template, from 1; else 0.</summary>
    public int Line => Kind == OriginKind.Literal ? _index : 0;

    /// <summary>For a value that is a template variable: its name; else null.</summary>
    public string? VariableName => Kind == OriginKind.Variable && _parent is null ? _key : null;

    /// <summary>The part of the message.</summary>
    public MessageField Field => _field >= 0 ? _field : _field = Classify();

    /// <summary>A path such as <c>messages[2].content</c>, or <c>literal</c>, <c>variable:bos_token</c>, <c>computed</c>.</summary>
    public string Path
    {
        get
        {
            switch (Kind)
            {
                case OriginKind.Literal:
                    return "literal";
                case OriginKind.Computed:
                    return "computed";
                default:
                    StringBuilder text = new(Kind == OriginKind.Variable ? "variable:" : "");
                    Write(text);
                    return text.ToString();
            }
        }
    }

    internal static Origin Messages { get; } = new(OriginKind.Message, null, "messages", -1);

    internal static Origin Tools { get; } = new(OriginKind.Tool, null, "tools", -1);

    internal static Origin Computed { get; } = new(OriginKind.Computed, null, null, -1);

    internal static Origin Variable(string name) => new(OriginKind.Variable, null, name, -1);

    internal static Origin Literal(int line) => new(OriginKind.Literal, null, null, line);

    internal Origin At(int index) => new(Kind, this, null, index);

    internal Origin At(string key) => new(Kind, this, key, -1);

    /// <inheritdoc/>
    public override string ToString() => Path;

    private void Write(StringBuilder text)
    {
        _parent?.Write(text);
        if (_key is null)
        {
            text.Append('[').Append(_index.ToString(CultureInfo.InvariantCulture)).Append(']');
        }
        else if (_parent is null)
        {
            text.Append(_key);
        }
        else if (IsPlain(_key))
        {
            text.Append('.').Append(_key);
        }
        else
        {
            text.Append("[\"").Append(_key.Replace("\\", "\\\\").Replace("\"", "\\\"")).Append("\"]");
        }
    }

    private static bool IsPlain(string key)
    {
        foreach (char c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return key.Length > 0 && !char.IsAsciiDigit(key[0]);
    }

    private MessageField Classify()
    {
        if (MessageIndex < 0)
        {
            return MessageField.None;
        }

        // From the message down: its key decides, and below tool_calls the name or the arguments.
        Origin top = this;
        Origin? belowFunction = null;
        while (top._parent is { _parent._parent: not null })
        {
            _item = top._key is null ? top._index : -1;
            if (top._key is "name" or "arguments" or "parameters")
            {
                belowFunction = top;
            }

            top = top._parent;
        }

        return top._key switch
        {
            "role" => MessageField.Role,
            "content" => MessageField.Content,
            "reasoning_content" or "reasoning" or "thinking" => MessageField.Reasoning,
            "tool_calls" or "function_call" => belowFunction?._key switch
            {
                "name" => MessageField.CallName,
                "arguments" or "parameters" => MessageField.CallArguments,
                _ => MessageField.Other,
            },
            _ => MessageField.Other,
        };
    }
}
