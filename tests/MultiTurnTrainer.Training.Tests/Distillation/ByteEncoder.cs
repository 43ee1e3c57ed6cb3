using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rollouts;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>Characters for tokens: enough for contexts that differ.</summary>
internal sealed class ByteEncoder : IChatEncoder
{
    public int[] Prompt(IReadOnlyList<ChatTurn> messages) =>
        [.. messages.SelectMany(turn => $"{turn.Role[0]}{turn.Content}\n").Select(c => 3 + (c % 180)), 11];

    public string Reply(IReadOnlyList<int> ids) =>
        string.Concat(ids.Where(id => id is not (2 or 148)).Select(id => (char)('a' + (id % 26))));
}
