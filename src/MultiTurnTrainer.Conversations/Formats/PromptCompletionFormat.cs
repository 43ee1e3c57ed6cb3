namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>A prompt and its completion, as two texts or two lists of messages (TRL), under any of the usual pairs of names.</summary>
internal sealed class PromptCompletionFormat : IRowFormat
{
    private static readonly (byte[] Prompt, byte[] Completion)[] _pairs =
    [
        ("prompt"u8.ToArray(), "completion"u8.ToArray()),
        ("prompt"u8.ToArray(), "response"u8.ToArray()),
        ("instruction"u8.ToArray(), "response"u8.ToArray()),
        ("question"u8.ToArray(), "answer"u8.ToArray()),
        ("question"u8.ToArray(), "response"u8.ToArray()),
        ("query"u8.ToArray(), "response"u8.ToArray()),
        ("request"u8.ToArray(), "response"u8.ToArray()),
        ("input"u8.ToArray(), "output"u8.ToArray()),
        ("source"u8.ToArray(), "target"u8.ToArray()),
    ];

    public string Name => "prompt-completion";

    public bool Recognises(JsonTape row) => Find(row) is not null;

    public string Reason(JsonTape row) =>
        Find(row) is var (prompt, completion)
            ? $"has \"{row.String(prompt - 1)}\" and \"{row.String(completion - 1)}\""
            : "";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        (int prompt, int completion) = Find(row)!.Value;
        string system = SystemPrompt.Write(row, output, row.Find(0, "history"u8), prompt);
        if (HistoryWriter.Write(row, output, options, out string history) is { } refusal)
        {
            return refusal;
        }

        string input = "";
        bool isPrinted = false;
        if (row.Is(prompt - 1, "instruction"u8) && row[prompt].Kind == JsonKind.String)
        {
            input = AlpacaFormat.Question(row, output);
        }
        else
        {
            isPrinted = Prompt(row, prompt, output, options);
        }

        Answer(row, completion, isPrinted, output, options);
        string tools = ToolsWriter.Declared(row, 0, output);
        output.KeepRest(row, row.String(prompt - 1), row.String(completion - 1), input, system, tools, history);
        return null;
    }

    /// <summary>
    /// Writes a prompt: a text, a dialogue printed into one, or messages as they are. Answers in it are context unless the
    /// options want them.
    /// </summary>
    /// <returns>Whether it was a printed dialogue.</returns>
    public static bool Prompt(JsonTape row, int value, CanonicalRow output, ConversionOptions options)
    {
        if (
            row[value].Kind == JsonKind.String
            && row.String(value) is var text
            && PrintedDialogue.Anthropic.RecognisesPrompt(text)
        )
        {
            PrintedDialogue.Anthropic.Write(text, value, output, lastOnly: !options.PromptAnswers, isPrompt: true);
            return true;
        }

        Side(row, value, Role.User, output, options, context: options.PromptAnswers ? 0 : int.MaxValue);
        return false;
    }

    /// <summary>Writes what follows a prompt; after a printed one the blank behind the speaker's name is not the answer's.</summary>
    public static void Answer(
        JsonTape row,
        int value,
        bool isPrinted,
        CanonicalRow output,
        ConversionOptions options,
        int context = 0
    )
    {
        if (!isPrinted || row[value].Kind != JsonKind.String)
        {
            Side(row, value, Role.Assistant, output, options, context);
            return;
        }

        output.Begin(Roles.Name(Role.Assistant), value);
        output.From(content: value);
        output.Text("content"u8, row.String(value).Trim());
    }

    /// <summary>Writes one side: a text, or messages as they are.</summary>
    /// <param name="row">The row.</param>
    /// <param name="value">The side.</param>
    /// <param name="role">Who speaks where it is a text.</param>
    /// <param name="output">Grows by its messages.</param>
    /// <param name="options">Choices.</param>
    /// <param name="context">How many messages at its beginning are not supervised where they say nothing themselves.</param>
    public static void Side(
        JsonTape row,
        int value,
        Role role,
        CanonicalRow output,
        ConversionOptions options,
        int context = 0
    )
    {
        if (row[value].Kind == JsonKind.Array)
        {
            TurnWriter.WriteAll(row, value, output, options, context);
        }
        else if (row[value].Kind == JsonKind.Object)
        {
            TurnWriter.Write(row, value, row[value].Next, output, options, isContext: context > 0);
        }
        else
        {
            output.Begin(Roles.Name(role), value);
            ContentWriter.Write(row, value, role, output, options);
        }
    }

    private static (int Prompt, int Completion)? Find(JsonTape row)
    {
        if (row[0].Kind != JsonKind.Object)
        {
            return null;
        }

        foreach ((byte[] prompt, byte[] completion) in _pairs)
        {
            int first = row.Present(0, prompt);
            int second = first < 0 ? -1 : row.Find(0, completion);
            if (second >= 0)
            {
                return (first, second);
            }
        }

        return null;
    }
}
