using System.Text.Json;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Datasets.Tests.Masking;

/// <summary>The answers that are learned unless options say otherwise.</summary>
internal static class Answers
{
    public static IEnumerable<int> Of(JsonElement messages)
    {
        Conversation conversation = Conversation.FromJson(JsonSerializer.SerializeToElement(new { messages }));
        return Enumerable
            .Range(0, conversation.Messages.Count)
            .Where(i => conversation.Messages[i].Role == Role.Assistant && conversation.Supervision.WeightOf(i) > 0);
    }
}
