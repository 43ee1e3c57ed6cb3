using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Every format, asked in this order; the first that recognises a row has it.</summary>
internal static class RowFormats
{
    public static IReadOnlyList<IRowFormat> All { get; } =
    [new OpenAiFormat(), new ShareGptFormat(), new AlpacaFormat(), new PromptCompletionFormat()];

    /// <summary>The format of a row with the reason; a null format when none has it.</summary>
    public static (IRowFormat? Format, string Reason) Detect(JsonTape row)
    {
        foreach (IRowFormat format in All)
        {
            if (format.Recognise(row) is { } reason)
            {
                return (format, reason);
            }
        }

        return (null, NotConversations.Explain(row));
    }
}
