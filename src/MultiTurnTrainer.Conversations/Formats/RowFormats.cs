// Folder Formats: recognises the format of a row and writes it in the canonical form.
// Refuses to know: rules, templates, where rows come from.

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Every format, asked in this order; the first that recognises a row has it.</summary>
internal static class RowFormats
{
    public static IRowFormat[] All { get; } =
    [
        new PreferenceFormat(),
        new LlamaFactoryFormat(),
        new OpenAiFormat(),
        new ShareGptFormat(),
        new BfclFormat(),
        new TauBenchFormat(),
        new ResponsesFormat(),
        new GlaiveFormat(),
        new AlpacaFormat(),
        new PromptCompletionFormat(),
    ];

    /// <summary>Questions without answers; only for readers that look for them.</summary>
    public static IRowFormat Prompt { get; } = new PromptFormat();

    /// <summary>The format of a row; null when none has it.</summary>
    public static IRowFormat? Detect(JsonTape row)
    {
        foreach (IRowFormat format in All)
        {
            if (format.Recognises(row))
            {
                return format;
            }
        }

        return null;
    }
}
