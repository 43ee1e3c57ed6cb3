using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>Replies from a journal or a trace, and nothing else.</summary>
/// <param name="find">Finds a record by its place.</param>
internal sealed class RecordedCalls(Func<string, CallRecord?> find) : ICalls
{
    public Task<CallRecord> CallAsync(
        CallKey key,
        ChatRequest request,
        IReadOnlyList<string> endpoints,
        CancellationToken cancellation
    )
    {
        CallRecord record = find(key.ToString()) ?? throw new CallMissingException(key);
        return Task.FromResult(Checked(key, request, record));
    }

    /// <summary>Makes sure that a record answers this request and no other.</summary>
    public static CallRecord Checked(CallKey key, ChatRequest request, CallRecord record) =>
        record.Hash == request.Hash()
            ? record
            : throw new MttException(
                $"the recorded reply at {key} answers another request",
                "The recording was made by another version of mtt, or was edited. Begin the run anew."
            );
}
