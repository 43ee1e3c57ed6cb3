namespace MultiTurnTrainer.Agents;

/// <summary>
/// A policy as <see cref="IChatReducer"/>, for <c>ChatClientBuilder.UseChatReducer</c>: the client keeps the whole conversation, and
/// each call is sent what the policy plans of it. A store that overwrites its record with what a reducer returns makes later prompts
/// others than the policy's: use <see cref="SessionHistoryProvider"/> there.
/// </summary>
/// <param name="policy">The policy.</param>
public sealed class PolicyChatReducer(AgentPolicy policy) : IChatReducer
{
    /// <inheritdoc/>
    public Task<IEnumerable<ChatMessage>> ReduceAsync(
        IEnumerable<ChatMessage> messages,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IEnumerable<ChatMessage>>(policy.Assemble(messages).Messages);
    }
}
