namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Preference pairs: <c>chosen</c> and <c>rejected</c>, each a text, a message or a list of messages, after a
/// <c>prompt</c>, an <c>instruction</c> or a list of messages; OpenAI's <c>preferred_output</c> after <c>input.messages</c>;
/// or two printed dialogues (Anthropic's HH). Which side is supervised must be said.
/// </summary>
internal sealed class PreferenceFormat : IRowFormat
{
    /// <summary>The refusal of a pair when no side was chosen.</summary>
    public static Refusal NeedsAChoice { get; } = new("a preference pair: give --preference chosen or rejected");

    private static readonly (byte[] Chosen, byte[] Rejected)[] _names =
    [
        ("chosen"u8.ToArray(), "rejected"u8.ToArray()),
        ("preferred_output"u8.ToArray(), "non_preferred_output"u8.ToArray()),
        ("chosen_messages"u8.ToArray(), "rejected_messages"u8.ToArray()),
    ];

    public string Name => "preference";

    public bool Recognises(JsonTape row) => Names(row) is not null;

    public string Reason(JsonTape row) =>
        Names(row) is var (chosen, rejected)
            ? $"has \"{row.String(chosen - 1)}\" and \"{row.String(rejected - 1)}\""
            : "";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        if (OneSide(row) is { } refusal)
        {
            return refusal;
        }

        if (options.Preference is null)
        {
            return NeedsAChoice;
        }

        (int chosen, int rejected) = Names(row)!.Value;
        int side = options.Preference == PreferenceSide.Chosen ? chosen : rejected;
        string system = SystemPrompt.Write(
            row,
            output,
            row.Find(0, "history"u8),
            Before(row),
            IsWhole(row, side) ? side : -1
        );
        if (row[side].Kind == JsonKind.String && PrintedDialogue.Anthropic.Recognises(row.String(side)))
        {
            PrintedDialogue.Anthropic.Write(row.String(side), side, output, lastOnly: !options.PromptAnswers);
            output.KeepRest(row, row.String(chosen - 1), row.String(rejected - 1), system);
            return null;
        }

        if (HistoryWriter.Write(row, output, options, out string history) is { } bad)
        {
            return bad;
        }

        (string used, string input, bool isPrinted) = Question(row, side, output, options);
        int context = options.PromptAnswers ? 0 : Shared(row, chosen, rejected);
        PromptCompletionFormat.Answer(row, side, isPrinted, output, options, context);
        int wrapped = used == "input" && Wrapped(row) >= 0 ? row.Find(0, "input"u8) : -1;
        bool isBeside = wrapped < 0 || ToolsWriter.Find(row, 0) >= 0;
        string tools = ToolsWriter.Declared(row, isBeside ? 0 : wrapped, output);
        output.KeepRest(
            row,
            row.String(chosen - 1),
            row.String(rejected - 1),
            system,
            isBeside ? tools : "",
            used,
            input,
            history
        );
        if (wrapped >= 0)
        {
            output.KeepRest(row, wrapped, ["messages", isBeside ? "" : tools]);
        }

        return null;
    }

    /// <summary>The refusal of a row with one side of a pair only; null for others.</summary>
    public static Refusal? OneSide(JsonTape row)
    {
        Refusal? refusal = null;
        foreach ((byte[] chosen, byte[] rejected) in _names)
        {
            bool hasChosen = row.Present(0, chosen) >= 0;
            bool hasRejected = row.Present(0, rejected) >= 0;
            if (hasChosen && hasRejected)
            {
                return null;
            }

            if (hasChosen || hasRejected)
            {
                string there = Encoding.UTF8.GetString(hasChosen ? chosen : rejected);
                string absent = Encoding.UTF8.GetString(hasChosen ? rejected : chosen);
                refusal ??= new Refusal($"a preference with \"{there}\" and no \"{absent}\"");
            }
        }

        return refusal;
    }

    /// <summary>Writes what stands before the answer.</summary>
    /// <returns>The names of the keys it stood under, empty for none; whether it was a printed dialogue.</returns>
    private static (string Prompt, string Input, bool IsPrinted) Question(
        JsonTape row,
        int side,
        CanonicalRow output,
        ConversionOptions options
    )
    {
        int prompt = Before(row);
        if (Wrapped(row) >= 0 || (prompt >= 0 && prompt == MessageList.Find(row)))
        {
            PromptCompletionFormat.Prompt(row, prompt, output, options);
            return (Wrapped(row) >= 0 ? "input" : row.String(prompt - 1), "", false);
        }

        if (prompt < 0 || IsWhole(row, side))
        {
            return ("", "", false);
        }

        string name = row.String(prompt - 1);
        if (name == "instruction" && row[prompt].Kind == JsonKind.String)
        {
            return (name, AlpacaFormat.Question(row, output), false);
        }

        return (name, "", PromptCompletionFormat.Prompt(row, prompt, output, options));
    }

    /// <summary>The two sides, by the names of TRL and LLaMA-Factory, or OpenAI's.</summary>
    private static (int Chosen, int Rejected)? Names(JsonTape row)
    {
        (int chosen, int rejected) = (row.Find(0, "chosen"u8), row.Find(0, "rejected"u8));
        if (chosen < 0 || rejected < 0)
        {
            (chosen, rejected) = (row.Find(0, "preferred_output"u8), row.Find(0, "non_preferred_output"u8));
        }

        bool isPair =
            chosen >= 0 && rejected >= 0 && (row[chosen].Kind != JsonKind.Null || row[rejected].Kind != JsonKind.Null);
        return isPair ? (chosen, rejected) : null;
    }

    /// <summary>How many messages both sides begin with, as TRL finds the prompt in them; the last one is always an answer.</summary>
    private static int Shared(JsonTape row, int chosen, int rejected)
    {
        int shared = 0;
        if (row[chosen].Kind == JsonKind.Array && row[rejected].Kind == JsonKind.Array)
        {
            int other = rejected + 1;
            for (
                int at = chosen + 1;
                row[at].Next < row[chosen].Next
                    && row[other].Next < row[rejected].Next
                    && row.RawValue(at).SequenceEqual(row.RawValue(other));
                at = row[at].Next, other = row[other].Next
            )
            {
                shared++;
            }
        }

        return shared;
    }

    private static int Wrapped(JsonTape row) => row.Find(row.Find(0, "input"u8), "messages"u8);

    /// <summary>The messages or the text that both sides answer; −1 for none.</summary>
    private static int Before(JsonTape row)
    {
        int prompt = Wrapped(row);
        prompt = prompt >= 0 ? prompt : MessageList.Find(row);
        prompt = prompt >= 0 ? prompt : row.Present(0, "prompt"u8);
        prompt = prompt >= 0 ? prompt : row.Present(0, "instruction"u8);
        return prompt >= 0 ? prompt : row.Present(0, "question"u8);
    }

    /// <summary>Whether a side holds the whole conversation, question included (UltraFeedback's way).</summary>
    private static bool IsWhole(JsonTape row, int side)
    {
        int first = side + 1;
        if (row[side].Kind != JsonKind.Array || first >= row[side].Next)
        {
            return false;
        }

        int role = row.Find(first, "role"u8);
        role = role >= 0 ? role : row.Find(first, "from"u8);
        return role >= 0
            && row[role].Kind == JsonKind.String
            && Roles.Meaning(row.String(role)) is Role.User or Role.System or Role.Developer;
    }
}
