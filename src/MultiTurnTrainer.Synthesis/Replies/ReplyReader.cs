// Folder Replies: reads what a model answered: tags, JSON, hidden thought.
// Refuses to know: who asked.

namespace MultiTurnTrainer.Synthesis.Replies;

/// <summary>What a reply held, or what is wrong with it.</summary>
/// <param name="Fields">The parts by name, trimmed, without hidden thought; empty where there is a problem.</param>
/// <param name="Problem">What the repair call tells the model; null where the reply is fine.</param>
/// <param name="Untagged">The visible text where it holds no tag of any role; for the setting that accepts it.</param>
internal sealed record ReadReply(
    IReadOnlyDictionary<string, string> Fields,
    string? Problem = null,
    string? Untagged = null
);

/// <summary>
/// Reads the parts of a reply. Only the tags that belong to the asked role count; any other is text. A tag that occurs
/// twice side by side is ambiguous and is repaired, never guessed, so a quoted tag cannot pose as the role's own.
/// </summary>
internal static class ReplyReader
{
    private static readonly string[] _actions = ["respond", "criticize", "ask", "instruct", "decide"];
    private static readonly Dictionary<string, string> _none = [];

    /// <summary>Reads a reply of the given shape.</summary>
    public static ReadReply Read(string text, ReplyShape shape, bool json) =>
        json ? ReadJson(text, shape) : ReadTags(text, shape);

    private static ReadReply ReadTags(string text, ReplyShape shape)
    {
        string visible = HiddenThought.Strip(text);
        Dictionary<string, string> fields = [];
        foreach (ReplyField field in shape.Fields)
        {
            (string? value, string? problem) = Block(visible, field.Name);
            if (problem is not null && field.Required)
            {
                bool untagged =
                    value is null
                    && !Array.Exists(
                        _actions,
                        name => visible.Contains($"<{name}>", StringComparison.OrdinalIgnoreCase)
                    );
                return new ReadReply(_none, problem, untagged && visible.Trim().Length > 0 ? visible.Trim() : null);
            }

            if (problem is null && Check(fields, field, value!) is { } wrong)
            {
                return new ReadReply(_none, wrong);
            }
        }

        return new ReadReply(fields);
    }

    private static ReadReply ReadJson(string text, ReplyShape shape)
    {
        string visible = Unfenced(HiddenThought.Strip(text).Trim());
        if (!JsonText.TryReadTexts(visible, out Dictionary<string, string>? texts))
        {
            return new ReadReply(_none, "The reply is not one JSON object.", visible.Length > 0 ? visible : null);
        }

        if (texts is null)
        {
            return new ReadReply(_none, "The reply is not one JSON object.");
        }

        Dictionary<string, string> fields = [];
        foreach (ReplyField field in shape.Fields)
        {
            string? value = texts.TryGetValue(field.Name, out string? said) ? HiddenThought.Strip(said).Trim() : null;
            if (value is not { Length: > 0 })
            {
                if (field.Required)
                {
                    return new ReadReply(_none, $"The property \"{field.Name}\" is missing or empty.");
                }
            }
            else if (Check(fields, field, value) is { } wrong)
            {
                return new ReadReply(_none, wrong);
            }
        }

        return new ReadReply(fields);
    }

    /// <summary>The text of the one outermost block of a tag. Blocks inside it are its text.</summary>
    private static (string? Value, string? Problem) Block(string text, string name)
    {
        string open = $"<{name}>";
        string close = $"</{name}>";
        string? found = null;
        int depth = 0;
        int start = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] != '<')
            {
                continue;
            }

            if (string.Compare(text, at, open, 0, open.Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                if (depth++ == 0)
                {
                    if (found is not null)
                    {
                        return (found, $"The tag {open} occurs more than once; write one block.");
                    }

                    start = at + open.Length;
                }
            }
            else if (string.Compare(text, at, close, 0, close.Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                if (depth == 0)
                {
                    return ("", $"The tag {close} occurs without {open} before it.");
                }

                if (--depth == 0)
                {
                    found = text[start..at];
                }
            }
        }

        return depth > 0 ? ("", $"The tag {open} is not closed with {close}; write a shorter reply.")
            : found is null ? (null, $"The tag {open}…{close} is missing.")
            : found.Trim().Length == 0 ? ("", $"The tag {open} is empty.")
            : (found.Trim(), null);
    }

    private static string? Check(Dictionary<string, string> fields, ReplyField field, string value)
    {
        if (field.Choices is null)
        {
            fields[field.Name] = value;
            return null;
        }

        // Models decorate single words: "Accept.", "**depth**".
        string word = value.Trim(' ', '.', '*', '"', '\'', '`', '!').ToLowerInvariant();
        if (field.Choices.Contains(word, StringComparer.Ordinal))
        {
            fields[field.Name] = word;
            return null;
        }

        return field.Required ? $"\"{field.Name}\" must be one of: {string.Join(", ", field.Choices)}." : null;
    }

    private static string Unfenced(string text)
    {
        int line = text.IndexOf('\n', StringComparison.Ordinal);
        return
            text.StartsWith("```", StringComparison.Ordinal)
            && text.EndsWith("```", StringComparison.Ordinal)
            && line >= 0
            && text.Length - 3 > line
            ? text[(line + 1)..^3].Trim()
            : text;
    }
}
