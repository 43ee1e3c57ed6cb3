using MultiTurnTrainer.Datasets.Masking;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Tells answers that the template does not render from those it does: to learn one would teach the model to say nothing,
/// or the name of a missing value.
/// </summary>
internal static class UnrenderedAnswer
{
    /// <summary>The mask rule's code for an answer without a trace in the text.</summary>
    private const string NoText = "no-text";

    private const string NullPrinted = "null-printed";
    private const string PartsStringified = "parts-stringified";
    private const string NotRendered = "-not-rendered";

    /// <summary>Whether a refusal is one that <see cref="RowOptions.DropUnrenderedAnswers"/> turns into a weight of 0.</summary>
    public static bool IsCode(string code) =>
        code is NullPrinted or PartsStringified or NoText || code.EndsWith(NotRendered, StringComparison.Ordinal);

    /// <summary>The answers of a rendered conversation that the template does not render, each with its cause.</summary>
    public static SortedDictionary<int, (string Code, string Reason)> All(
        MaskedText masked,
        IReadOnlyList<Message> messages,
        PrintedConversation printed
    )
    {
        SortedDictionary<int, (string Code, string Reason)> lost = [];
        foreach (int message in masked.Answers.Select(a => a.Message).Concat(masked.Refusals.Select(r => r.Message)))
        {
            if (Find(messages[message], printed[message]) is { } cause)
            {
                lost[message] = cause;
            }
        }

        foreach (MaskRefusal refusal in masked.Refusals.Where(refusal => refusal.Code == NoText))
        {
            lost.TryAdd(refusal.Message, (refusal.Code, refusal.Reason));
        }

        return lost;
    }

    /// <summary>Why an answer is not rendered, or not as its words, or null when it is, or when there is nothing to render.</summary>
    public static (string Code, string Reason)? Find(Message message, PrintedMessage printed)
    {
        bool noContent = !message.Json.TryGetProperty("content", out JsonView content) || content.Kind == JsonKind.Null;
        if (noContent && printed.Has(MessageField.Content))
        {
            return (NullPrinted, "the template prints its missing content as a word, which would be supervised");
        }

        if (printed.IsStringified && content.Kind == JsonKind.Array)
        {
            return (
                PartsStringified,
                "the template prints its list of parts as Python writes a list, which would be supervised: give its text"
            );
        }

        if (printed.HasOwnWords)
        {
            return null;
        }

        string? dropped =
            message.ToolCalls.Count > 0 ? "calls"
            : !string.IsNullOrWhiteSpace(message.Content) ? "content"
            : !string.IsNullOrWhiteSpace(message.ReasoningContent) ? "reasoning"
            : null;
        return dropped is null
            ? null
            : (
                dropped + NotRendered,
                $"the template prints nothing of its {dropped}: only its end would be supervised"
            );
    }
}
