namespace MultiTurnTrainer.Serving.Http;

/// <summary>What went wrong, as the client is told. No stack trace, no path of this machine, no key.</summary>
internal static class ErrorMapping
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(2);

    public static ApiException Of(Exception problem) =>
        problem switch
        {
            ApiException known => known,
            EndpointException fault => OfEndpoint(fault),
            SessionException session => OfSession(session),
            MttException { IsPassing: true } passing => new ApiException(
                503,
                "store_unavailable",
                "The store of sessions does not take this now; ask again, with the same idempotency key.",
                passing
            )
            {
                RetryAfter = _pause,
            },
            MttException problems => new ApiException(
                400,
                problems.Message.Contains("nothing in it may leave", StringComparison.Ordinal)
                    ? "context_length_exceeded"
                    : "invalid_value",
                $"{problems.Message} {problems.Remedy}",
                problems
            ),
            BadHttpRequestException bad => new ApiException(
                bad.StatusCode,
                bad.StatusCode == 413 ? "request_too_large" : "invalid_request",
                bad.Message,
                bad
            ),
            _ => new ApiException(500, "internal_error", "The server failed; its log says where.", problem),
        };

    private static ApiException OfSession(SessionException problem) =>
        problem switch
        {
            SessionNotFoundException => ApiException.NotFound("session or turn"),
            SessionConflictException conflict => new ApiException(409, "version_conflict", conflict.Message, conflict)
            {
                Details = new JsonFields { ["version"] = conflict.CurrentVersion },
            },
            IdempotencyMismatchException mismatch => new ApiException(
                422,
                "idempotency_mismatch",
                mismatch.Message,
                mismatch
            ),
            SessionBudgetException budget => new ApiException(429, "session_budget_exceeded", budget.Message, budget)
            {
                Details = new JsonFields
                {
                    ["which"] = budget.Which,
                    ["spent"] = budget.Spent,
                    ["limit"] = budget.Limit,
                },
            },
            _ => new ApiException(500, "internal_error", problem.Message, problem),
        };

    private static ApiException OfEndpoint(EndpointException fault) =>
        fault.Fault switch
        {
            EndpointFault.RateLimited => new ApiException(429, "upstream_rate_limited", fault.Message, fault)
            {
                RetryAfter = fault.RetryAfter,
            },
            EndpointFault.Rejected => new ApiException(400, "upstream_rejected", fault.Message, fault),
            _ => new ApiException(502, "upstream_error", fault.Message, fault),
        };
}
