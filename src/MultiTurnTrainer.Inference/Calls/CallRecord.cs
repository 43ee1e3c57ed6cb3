using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>One finished call, as a line of the journal and inside the trace.</summary>
/// <param name="Key">The call's place, <see cref="CallKey.ToString"/>.</param>
/// <param name="Hash">The request's hash.</param>
internal sealed record CallRecord(string Key, string Hash)
{
    /// <summary>What came back; null where the call failed.</summary>
    public ChatReply? Reply { get; init; }

    /// <summary>Why the call failed; null where it succeeded.</summary>
    public string? Error { get; init; }

    /// <summary>The endpoint that answered, or <c>cache</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The model's name.</summary>
    public string Model { get; init; } = "";

    /// <summary>Requests sent, the successful one included.</summary>
    public int Requests { get; init; }

    /// <summary>What failed on the way.</summary>
    public IReadOnlyList<string>? Faults { get; init; }

    /// <summary>When the call began.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>How long it took, waiting and retries included.</summary>
    public double Milliseconds { get; init; }
}
