using MultiTurnTrainer.Datasets.Masking;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Finds what the template silently did to a row: messages, parts of them and tools that left no trace in the text, blanks
/// it trimmed, contents and arguments it printed in another form, words that nobody wrote. Codes are those of
/// <c>mtt lint-template</c>, where it has one.
/// </summary>
internal static class TemplateEffects
{
    /// <summary>The code of supervised words that stand behind the conversation and are no message's own.</summary>
    public const string TailSupervised = "tail-supervised";

    /// <summary>The code of answers that are in the text but not supervised, because the template does not render them.</summary>
    public const string AnswerUnrendered = "answer-unrendered";

    /// <summary>The code of supervised answers that say nothing: no content, no call, no reasoning.</summary>
    public const string AnswerEmpty = "answer-empty";

    private const string ThinkEnd = "</think>";

    /// <summary>All of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="tools">The tools that the conversation declares.</param>
    public static IReadOnlyList<EffectPlace> Find(BuiltRow row, JsonView? tools)
    {
        List<EffectPlace> effects = [];
        AddOfConversation(effects, row, tools);
        effects.AddRange(row.Unrendered.Select(message => new EffectPlace(AnswerUnrendered, message)));
        IReadOnlyList<Message> messages = row.View.Messages;
        foreach (AnswerMask answer in row.Masked.Answers)
        {
            Message message = messages[answer.Message];
            string? code = IsEmpty(message, row.Printed[answer.Message])
                ? AnswerEmpty
                : Prefix(row.Rendered.Text, answer, message, row.Printed[answer.Message]);
            if (code is not null)
            {
                effects.Add(new EffectPlace(code, row.View.Indexes[answer.Message]));
            }
        }

        int last = messages.Count - 1;
        while (last >= 0 && messages[last].Role != Role.Assistant)
        {
            last--;
        }

        for (int i = 0; i < messages.Count; i++)
        {
            int source = row.View.Indexes[i];
            AddOfAnswer(effects, source, messages[i], row.Printed[i], isEarlier: i < last);
            AddOfContent(effects, source, row, i, isEarlier: i < last);
        }

        return effects;
    }

    private static void AddOfConversation(List<EffectPlace> effects, BuiltRow row, JsonView? tools)
    {
        void Add(bool isSo, string code)
        {
            if (isSo)
            {
                effects.Add(new EffectPlace(code, -1));
            }
        }

        int count = tools is { Kind: JsonKind.Array } list ? list.GetArrayLength() : 0;
        Add(!Enumerable.Range(0, count).All(row.Printed.HasTool), "tools-dropped");
        Add(row.Printed.HasInjectedText, "text-injected");
        Add(row.Printed.HasDate, "date-injected");
        Add(row.Masked.Answers.Any(answer => answer.SupervisesTail), TailSupervised);
    }

    /// <summary>Calls and reasoning.</summary>
    private static void AddOfAnswer(
        List<EffectPlace> effects,
        int source,
        Message message,
        PrintedMessage printed,
        bool isEarlier
    )
    {
        if (message.ToolCalls.Count > 0)
        {
            if (!Enumerable.Range(0, message.ToolCalls.Count).All(printed.HasCall))
            {
                effects.Add(new EffectPlace("tool-calls-dropped", source));
            }
            else if (printed.HasEncodedArguments && message.ToolCalls.Any(HasTextArguments))
            {
                effects.Add(new EffectPlace("arguments-double-encoded", source));
            }
        }

        if (
            message.Role == Role.Assistant
            && !printed.Has(MessageField.Reasoning)
            && !string.IsNullOrWhiteSpace(message.ReasoningContent)
        )
        {
            string code = isEarlier ? "earlier-reasoning-dropped" : "reasoning-dropped";
            effects.Add(new EffectPlace(code, source, UnprintedText.Length(message.ReasoningContent)));
        }
    }

    private static void AddOfContent(List<EffectPlace> effects, int source, BuiltRow row, int place, bool isEarlier)
    {
        Message message = row.View.Messages[place];
        PrintedMessage printed = row.Printed[place];
        if (IsWhole(message, printed) || message.Content is not { } content || string.IsNullOrWhiteSpace(content))
        {
            return;
        }

        bool hasParts = message.Json.GetProperty("content").Kind == JsonKind.Array;
        if (!printed.Has(MessageField.Content))
        {
            string code = hasParts && printed.IsEmitted ? "parts-dropped" : Dropped(message.Role);
            effects.Add(new EffectPlace(code, source, UnprintedText.Length(content)));
        }
        else if (hasParts)
        {
            if (printed.IsStringified)
            {
                effects.Add(new EffectPlace("parts-stringified", source));
            }
            else
            {
                AddOfParts(effects, source, message, printed);
            }
        }
        else if (!printed.IsStringified)
        {
            AddOfText(effects, source, row, place, content, isEarlier);
        }
    }

    /// <summary>Parts that are not printed while others are.</summary>
    private static void AddOfParts(List<EffectPlace> effects, int source, Message message, PrintedMessage printed)
    {
        int part = 0;
        int lost = 0;
        foreach (JsonView element in message.Json.GetProperty("content").EnumerateArray())
        {
            JsonView text = element;
            bool isText =
                element.Kind == JsonKind.String
                || (element.Kind == JsonKind.Object && element.TryGetProperty("text", out text));
            bool isPrinted = printed.HasPart(part++);
            lost += isText && !isPrinted && text.Kind == JsonKind.String ? UnprintedText.Length(text.GetString()!) : 0;
        }

        if (lost > 0)
        {
            effects.Add(new EffectPlace("parts-dropped", source, lost));
        }
    }

    private static void AddOfText(
        List<EffectPlace> effects,
        int source,
        BuiltRow row,
        int place,
        string content,
        bool isEarlier
    )
    {
        PrintedMessage printed = row.Printed[place];
        Role role = row.View.Messages[place].Role;
        (int inThink, int elsewhere) = UnprintedText.Count(content, place, row.Rendered.Spans, printed);
        if (inThink > 0 && role == Role.Assistant)
        {
            effects.Add(new EffectPlace(isEarlier ? "earlier-think-dropped" : "think-dropped", source, inThink));
            inThink = 0;
        }

        if (inThink + elsewhere > 0)
        {
            effects.Add(new EffectPlace("content-cut", source, inThink + elsewhere));
        }

        if (IsTrimmed(content, printed))
        {
            effects.Add(new EffectPlace(Trimmed(role), source));
        }
    }

    // Almost every message: its length tells without making its text again.
    private static bool IsWhole(Message message, PrintedMessage printed) =>
        message.Json.TryGetProperty("content", out JsonView content)
        && content.Kind == JsonKind.String
        && printed.ContentLength >= Length(content.RawUtf8);

    // UTF-16 units of a JSON string.
    private static int Length(ReadOnlySpan<byte> json)
    {
        json = json[1..^1];
        int length = Encoding.UTF8.GetCharCount(json);
        for (int at; (at = json.IndexOf((byte)'\\')) >= 0; )
        {
            int width = json[at + 1] == (byte)'u' ? 6 : 2;
            length -= width - 1;
            json = json[(at + width)..];
        }

        return length;
    }

    private static bool IsTrimmed(string content, PrintedMessage printed) =>
        (char.IsWhiteSpace(content[0]) && printed.ContentStart > 0)
        || (char.IsWhiteSpace(content[^1]) && printed.ContentEnd < content.Length);

    private static bool HasTextArguments(ToolCall call) => call.Arguments is { Kind: JsonKind.String };

    private static bool IsEmpty(Message message, PrintedMessage printed) =>
        !printed.HasOwnWords
        && message.Role == Role.Assistant
        && message.ToolCalls.Count == 0
        && string.IsNullOrWhiteSpace(message.Content)
        && string.IsNullOrWhiteSpace(message.ReasoningContent);

    /// <summary>What the template writes between an answer's header and its content, which nobody gave.</summary>
    private static string? Prefix(ReadOnlySpan<char> text, AnswerMask answer, Message message, PrintedMessage printed)
    {
        if (
            message.Role != Role.Assistant
            || printed.FirstOwn is not { Origin.Field: MessageField.Content, Start: var word, OriginOffset: var cut }
            || (cut > 0 && !string.IsNullOrWhiteSpace(message.Content?[..cut]))
        )
        {
            // Its reasoning or its calls come first, or the template rewrote how its content begins.
            return null;
        }

        ReadOnlySpan<char> supervised = answer.Start < word ? text[answer.Start..word].Trim() : [];
        if (supervised.IsEmpty)
        {
            return text[printed.Header..word].Contains(ThinkEnd, StringComparison.Ordinal) ? "prefix-in-prompt" : null;
        }

        // An opening tag alone is that of the answer's own reasoning.
        return supervised.Contains("<think>", StringComparison.Ordinal) && !supervised.EndsWith(ThinkEnd)
            ? null
            : "prefix-supervised";
    }

    private static string Dropped(Role role) =>
        role switch
        {
            Role.System => "system-dropped",
            Role.Developer => "developer-dropped",
            Role.User => "user-dropped",
            Role.Tool => "tool-content-dropped",
            Role.Unknown => "unknown-role-dropped",
            _ => "content-dropped",
        };

    private static string Trimmed(Role role) =>
        role switch
        {
            Role.Assistant => "answers-trimmed",
            Role.User => "questions-trimmed",
            _ => "content-trimmed",
        };
}
