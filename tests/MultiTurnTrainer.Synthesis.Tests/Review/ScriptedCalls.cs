using System.Collections.Concurrent;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Synthesis.Tests.Review;

/// <summary>Replies by place, without a server.</summary>
internal sealed class ScriptedCalls(Func<string, string> script) : ICalls
{
    public ConcurrentDictionary<string, ChatRequest> Requests { get; } = new();

    public Task<CallRecord> CallAsync(
        CallKey key,
        ChatRequest request,
        IReadOnlyList<string> endpoints,
        CancellationToken cancellation
    )
    {
        string place = key.Attempt == 0 ? key.Step : $"{key.Step}#{key.Attempt}";
        Assert.True(Requests.TryAdd(place, request), $"{place} was asked twice");
        return Task.FromResult(
            new CallRecord(key.ToString(), request.Hash()) { Reply = new ChatReply(script(place), 1, 1) }
        );
    }
}
