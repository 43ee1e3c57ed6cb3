using System.Diagnostics;
using MultiTurnTrainer.Serving.Contexts;

namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>How long the parts of a turn took; each is a span below that of the turn, as long as it took.</summary>
internal sealed class TurnTimes : IDisposable
{
    // Assembly has spans of its own, of which compression is one.
    private static readonly FrozenDictionary<string, string> _spans = new Dictionary<string, string>
    {
        ["load"] = "session.retrieve",
        ["begin"] = "session.begin",
        ["answer"] = "session.inference",
        ["commit"] = "session.commit",
    }.ToFrozenDictionary();

    private static readonly AnswerDrift _drift = new();

    private readonly TimeProvider _time;
    private Activity? _turn;

    // Read by the request while the turn goes on.
    private volatile string _parts = "";
    private long _last;
    private DateTimeOffset _lastAt;

    /// <param name="time">The clock.</param>
    public TurnTimes(TimeProvider time)
    {
        _time = time;
        _last = time.GetTimestamp();
        _lastAt = time.GetUtcNow();
    }

    /// <summary>Forgets what is known of a session's answers.</summary>
    public static void Forget(SessionKey session) => _drift.Forget(session);

    /// <summary>The model that answers.</summary>
    public string Model
    {
        set => _turn?.SetTag("gen_ai.request.model", value);
    }

    /// <summary>A part has ended, the next begins.</summary>
    public void Mark(string part)
    {
        long now = _time.GetTimestamp();
        DateTimeOffset at = _time.GetUtcNow();
        double milliseconds = _time.GetElapsedTime(_last, now).TotalMilliseconds;
        if (_parts.Length == 0)
        {
            // Not before: a request that finds its answer stored, or must wait for another server's turn, begins none.
            _turn = TurnTelemetry.Source.StartActivity(
                "session.turn",
                ActivityKind.Internal,
                parentContext: default,
                startTime: _lastAt
            );
        }

        string measured = Invariant($"{part};dur={milliseconds:0.###}");
        _parts = _parts.Length == 0 ? measured : $"{_parts}, {measured}";
        TurnTelemetry.Parts.Record(milliseconds, new KeyValuePair<string, object?>("part", part));
        if (_turn is not null && _spans.TryGetValue(part, out string? name))
        {
            using Activity? span = TurnTelemetry.Source.StartActivity(
                name,
                ActivityKind.Internal,
                _turn.Context,
                startTime: _lastAt
            );
            span?.SetEndTime(at.UtcDateTime);
        }

        (_last, _lastAt) = (now, at);
    }

    /// <summary>The answer is kept: measures it, and the commit.</summary>
    /// <param name="state">The session with it.</param>
    /// <param name="info">How it was made.</param>
    /// <param name="context">What its prompt held.</param>
    /// <param name="prompts">The prompts of the session.</param>
    /// <param name="text">The answer.</param>
    public void Answered(
        SessionState state,
        CommitInfo info,
        AssembledContext context,
        PromptContext prompts,
        string text
    )
    {
        Mark("commit");
        bool isFirst = state.IsWhole && state.Turns.Count(turn => turn.Status == TurnStatus.Committed) == 1;
        double? drift = _drift.Of(state.Key, isFirst, text);
        TurnTelemetry.Answered(info, context, drift);
        prompts.MeasureRetention();
    }

    /// <summary>The turn broke off.</summary>
    public void Fail(string reason) => _turn?.SetStatus(ActivityStatusCode.Error, reason);

    /// <summary>Ends the span of the turn.</summary>
    public void Dispose() => _turn?.Dispose();

    /// <summary>The header <c>Server-Timing</c>.</summary>
    public override string ToString() => _parts;
}
