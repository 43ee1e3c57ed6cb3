namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>A dialogue printed into one text, each message after its speaker's name on a new line.</summary>
/// <param name="end">What ends an answer; empty when only the next speaker does.</param>
/// <param name="speakers">The names as printed, with the role each one means.</param>
internal sealed class PrintedDialogue(string end, params (string Name, Role Role)[] speakers)
{
    private readonly Regex _header = new(
        @"(?:^|\n\n)(" + string.Join('|', speakers.Select(speaker => Regex.Escape(speaker.Name))) + @"): ?",
        RegexOptions.CultureInvariant
    );

    /// <summary>Anthropic's HH: <c>Human</c> and <c>Assistant</c>.</summary>
    public static PrintedDialogue Anthropic { get; } = new("", ("Human", Role.User), ("Assistant", Role.Assistant));

    /// <summary>Glaive's function calling: <c>USER</c>, <c>ASSISTANT</c>, <c>FUNCTION RESPONSE</c>.</summary>
    public static PrintedDialogue Glaive { get; } =
        new("<|endoftext|>", ("USER", Role.User), ("ASSISTANT", Role.Assistant), ("FUNCTION RESPONSE", Role.Tool));

    /// <summary>Whether a text begins with a speaker and has another one.</summary>
    public bool Recognises(string text) =>
        _header.Match(text.TrimStart('\n')) is { Success: true, Index: 0 } && _header.Count(text) > 1;

    /// <summary>Whether a text is such a dialogue that ends where the assistant is to speak.</summary>
    public bool RecognisesPrompt(string text) =>
        Recognises(text)
        && _header.Matches(text)[^1] is var last
        && RoleOf(last) == Role.Assistant
        && string.IsNullOrWhiteSpace(text[(last.Index + last.Length)..]);

    /// <summary>Writes the messages; <c>&lt;functioncall></c> in an answer becomes a tool call.</summary>
    /// <param name="text">The dialogue.</param>
    /// <param name="source">The token it comes from.</param>
    /// <param name="output">The row to write to.</param>
    /// <param name="lastOnly">Whether answers before the last message are context.</param>
    /// <param name="isPrompt">Whether the last speaker has nothing to say yet.</param>
    public void Write(string text, int source, CanonicalRow output, bool lastOnly = false, bool isPrompt = false)
    {
        MatchCollection headers = _header.Matches(text);
        for (int i = 0; i < headers.Count - (isPrompt ? 1 : 0); i++)
        {
            int start = headers[i].Index + headers[i].Length;
            int stop = i + 1 < headers.Count ? headers[i + 1].Index : text.Length;
            Role role = RoleOf(headers[i]);
            string content = text[start..stop].Trim();
            content =
                end.Length > 0 && content.EndsWith(end, StringComparison.Ordinal)
                    ? content[..^end.Length].TrimEnd()
                    : content;
            output.Begin(Roles.Name(role), source);
            output.From(content: source);
            if (lastOnly && role == Role.Assistant && i + 1 < headers.Count)
            {
                output.Raw("weight"u8, "0"u8);
            }

            int call = role == Role.Assistant ? content.IndexOf(CallMark, StringComparison.Ordinal) : -1;
            output.Text("content"u8, call < 0 ? content : content[..call].TrimEnd());
            if (call >= 0)
            {
                ByteBuilder json = output.Key("tool_calls"u8).Add((byte)'[');
                ToolCallWriter.WriteText(content[(call + CallMark.Length)..].Trim(), new JsonTape(), json, first: true);
                json.Add((byte)']');
            }
        }
    }

    private Role RoleOf(Match header) => Array.Find(speakers, speaker => speaker.Name == header.Groups[1].Value).Role;

    private const string CallMark = "<functioncall>";
}
