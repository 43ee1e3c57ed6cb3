using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Datasets.Tests.Masking;

/// <summary>The answers that are learned unless options say otherwise.</summary>
internal static class Answers
{
    public static IEnumerable<int> Of(JsonView messages)
    {
        Conversation conversation = Conversation.FromJson(JsonText.ToView(new { messages }));
        return Enumerable
            .Range(0, conversation.Messages.Count)
            .Where(i => conversation.Messages[i].Role == Role.Assistant && conversation.Supervision.WeightOf(i) > 0);
    }
}
