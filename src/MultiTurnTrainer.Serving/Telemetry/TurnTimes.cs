using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>
/// Spans and meters of turns, for whoever listens to <see cref="Name"/>; nothing is sent anywhere. On by <c>sessions.telemetry: true</c>.
/// </summary>
public static class TurnTelemetry
{
    /// <summary>The name of source and meter.</summary>
    public const string Name = "MultiTurnTrainer.Serving";

    private static readonly Meter _meter = new(Name);

    /// <summary>The span <c>session.turn</c>, from the call of the model to the end of the turn.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Milliseconds of a turn's parts; the tag <c>part</c> is <c>load</c>, <c>assemble</c>, <c>begin</c>, <c>answer</c> or <c>commit</c>.</summary>
    public static Histogram<double> Parts { get; } =
        _meter.CreateHistogram<double>("session.turn.part", "ms", "Milliseconds of a part of a turn.");
}

/// <summary>How long the parts of a turn took.</summary>
/// <param name="time">The clock.</param>
internal sealed class TurnTimes(TimeProvider time)
{
    // Read by the request while the turn goes on.
    private volatile string _parts = "";
    private long _last = time.GetTimestamp();

    /// <summary>A part has ended, the next begins.</summary>
    public void Mark(string part)
    {
        long now = time.GetTimestamp();
        double milliseconds = time.GetElapsedTime(_last, now).TotalMilliseconds;
        _last = now;
        string measured = Invariant($"{part};dur={milliseconds:0.###}");
        _parts = _parts.Length == 0 ? measured : $"{_parts}, {measured}";
        TurnTelemetry.Parts.Record(milliseconds, new KeyValuePair<string, object?>("part", part));
    }

    /// <summary>The header <c>Server-Timing</c>.</summary>
    public override string ToString() => _parts;
}
