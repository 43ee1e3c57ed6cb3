using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>
/// Where a dialogue's replies come from: endpoints, a journal, a trace, or an estimate. A dialogue is a pure function of
/// them, which is why resuming and replaying need no code of their own.
/// </summary>
internal interface ICalls
{
    /// <summary>The reply at a place, or why there is none.</summary>
    /// <exception cref="CallMissingException">A recording ends before this call.</exception>
    Task<CallRecord> CallAsync(
        CallKey key,
        ChatRequest request,
        IReadOnlyList<string> endpoints,
        CancellationToken cancellation
    );
}

/// <summary>A recording holds no reply for this place: the dialogue is not finished.</summary>
/// <param name="key">The place.</param>
internal sealed class CallMissingException(CallKey key) : Exception($"no recorded reply for {key}");

/// <summary>A limit was reached: no further call may begin.</summary>
/// <param name="limit">Which one, in words.</param>
internal sealed class BudgetReachedException(string limit) : Exception(limit);
