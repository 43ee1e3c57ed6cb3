using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Tells answers that the template does not render from those it does: to learn one would teach the model to say nothing,
/// or the name of a missing value.
/// </summary>
internal static class UnrenderedAnswer
{
    /// <summary>Why an answer is not rendered, or null when it is, or when there is nothing to render.</summary>
    public static (string Code, string Reason)? Find(Message message, PrintedMessage printed)
    {
        bool noContent =
            !message.Json.TryGetProperty("content", out JsonElement content) || content.ValueKind == JsonValueKind.Null;
        if (noContent && printed.Has(MessageField.Content))
        {
            return ("null-printed", "the template prints its missing content as a word, which would be learned");
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
            : ($"{dropped}-not-rendered", $"the template prints nothing of its {dropped}: only its end would be learned");
    }
}
