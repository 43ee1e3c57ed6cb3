namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>A request that a session cannot follow; the caller is told why.</summary>
/// <param name="message">Why.</param>
public abstract class SessionException(string message) : Exception(message);

/// <summary>The tenant has no such session, or no such turn. Nothing tells whether another tenant has one.</summary>
/// <param name="id">What was asked for.</param>
public sealed class SessionNotFoundException(string id)
    : SessionException(Printable.Of($"there is no session or turn {id}"));

/// <summary>The session is not where the caller thinks it is.</summary>
/// <param name="version">The current version.</param>
/// <param name="message">What is in the way.</param>
public sealed class SessionConflictException(long version, string message) : SessionException(message)
{
    /// <summary>The current version.</summary>
    public long CurrentVersion { get; } = version;
}

/// <summary>The idempotency key was used for another request.</summary>
/// <param name="key">The key.</param>
public sealed class IdempotencyMismatchException(string key)
    : SessionException(Printable.Of($"the idempotency key {key} was used for another request"));

/// <summary>The session has reached a ceiling.</summary>
/// <param name="which"><c>requests</c>, <c>tokens</c> or <c>money</c>.</param>
/// <param name="spent">What was spent.</param>
/// <param name="limit">The ceiling.</param>
public sealed class SessionBudgetException(string which, double spent, double limit)
    : SessionException(Invariant($"the session has used {spent:0.####} of {limit:0.####} {which}"))
{
    /// <summary><c>requests</c>, <c>tokens</c> or <c>money</c>.</summary>
    public string Which { get; } = which;

    /// <summary>What was spent.</summary>
    public double Spent { get; } = spent;

    /// <summary>The ceiling.</summary>
    public double Limit { get; } = limit;
}
