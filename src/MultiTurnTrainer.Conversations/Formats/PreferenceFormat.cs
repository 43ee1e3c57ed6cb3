using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>
/// Preference pairs: <c>chosen</c> and <c>rejected</c>, each a text, a message or a list of messages, after a
/// <c>prompt</c>, an <c>instruction</c> or a list of messages. Which side is learned must be said.
/// </summary>
internal sealed class PreferenceFormat : IRowFormat
{
    /// <summary>The refusal of a pair when no side was chosen.</summary>
    public static Refusal NeedsAChoice { get; } = new("a preference pair: give --preference chosen or rejected");

    public string Name => "preference";

    public bool Recognises(JsonTape row) => row.Find(0, "chosen"u8) >= 0 && row.Find(0, "rejected"u8) >= 0;

    public string Reason(JsonTape row) => "has \"chosen\" and \"rejected\"";

    public Refusal? Convert(JsonTape row, CanonicalRow output, ConversionOptions options)
    {
        if (options.Preference is null)
        {
            return NeedsAChoice;
        }

        bool wantsChosen = options.Preference == PreferenceSide.Chosen;
        int side = wantsChosen ? row.Find(0, "chosen"u8) : row.Find(0, "rejected"u8);
        int list = MessageList.Find(row);
        int prompt = Prompt(row);
        string used = "";
        if (
            row.Find(0, "system"u8) is >= 0 and int system
            && row[system].Kind == JsonKind.String
            && row[system].Length > 0
        )
        {
            PromptCompletionFormat.Side(row, system, "system", output, options);
        }

        if (list >= 0)
        {
            used = row.String(list - 1);
            PromptCompletionFormat.Side(row, list, "user", output, options);
        }
        else if (prompt >= 0 && !IsWhole(row, side))
        {
            used = row.String(prompt - 1);
            PromptCompletionFormat.Side(row, prompt, "user", output, options);
        }

        PromptCompletionFormat.Side(row, side, "assistant", output, options);
        ToolsWriter.Copy(row, row.Find(0, "tools"u8), output);
        output.KeepRest(row, "chosen", "rejected", "system", "tools", used);
        return null;
    }

    private static int Prompt(JsonTape row)
    {
        int prompt = row.Find(0, "prompt"u8);
        prompt = prompt >= 0 ? prompt : row.Find(0, "instruction"u8);
        return prompt >= 0 ? prompt : row.Find(0, "question"u8);
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
