using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MultiTurnTrainer.Agents.Tests;

/// <summary>A model that answers from a script and remembers what it was asked.</summary>
internal sealed class ScriptedChatClient(Func<int, ChatMessage> answer) : IChatClient
{
    public List<ChatMessage[]> Prompts { get; } = [];

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        Prompts.Add([.. messages]);
        return Task.FromResult(new ChatResponse(answer(Prompts.Count - 1)));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ChatResponse whole = await GetResponseAsync(messages, options, cancellationToken);
        foreach (ChatResponseUpdate update in whole.ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
