using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MultiTurnTrainer.Agents.Tests;

/// <summary>A model that answers from a script, after a wait where there is one, and remembers what it was asked.</summary>
internal sealed class ScriptedChatClient(Func<int, ChatMessage> answer, Func<int, Task>? wait = null) : IChatClient
{
    public List<ChatMessage[]> Prompts { get; } = [];

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        Prompts.Add([.. messages]);
        int call = Prompts.Count - 1;
        await (wait?.Invoke(call) ?? Task.CompletedTask);
        return new ChatResponse(answer(call));
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
