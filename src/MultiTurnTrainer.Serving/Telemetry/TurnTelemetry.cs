// Folder Telemetry: what a server measures of its sessions, and where that can be read.
// Refuses to know: how turns run, what a metric means to whoever is woken by it.
using System.Diagnostics;
using System.Diagnostics.Metrics;
using MultiTurnTrainer.Serving.Contexts;

namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>
/// Spans and meters of turns, for whoever listens to <see cref="Name"/>, and for Prometheus and OTLP where the server was told of them.
/// On by <c>sessions.telemetry: true</c>.
/// </summary>
public static class TurnTelemetry
{
    /// <summary>The name of source and meter.</summary>
    public const string Name = "MultiTurnTrainer.Serving";

    private static readonly Meter _meter = new(Name);

    private static readonly Histogram<long> _tokens = _meter.CreateHistogram<long>(
        "session.turn.tokens",
        "{token}",
        "Tokens of a turn; the tag type is prompt or completion."
    );

    private static readonly Histogram<long> _size = _meter.CreateHistogram<long>(
        "session.size",
        "{token}",
        "Tokens of everything said in a session, at each answer."
    );

    private static readonly Histogram<double> _compression = _meter.CreateHistogram<double>(
        "session.compression.ratio",
        "1",
        "Tokens of a prompt over those of everything said."
    );

    private static readonly Counter<long> _cleared = _meter.CreateCounter<long>(
        "session.cleared",
        "{token}",
        "Tokens that the policy's steps took out of prompts; the tag step says which."
    );

    private static readonly Histogram<double> _drift = _meter.CreateHistogram<double>(
        "session.drift",
        "1",
        "How far an answer's wording is from the session's first answers; 0 is the same, 1 has nothing in common."
    );

    /// <summary>The span <c>session.turn</c> and those of its parts.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Milliseconds of a turn's parts; the tag <c>part</c> is <c>load</c>, <c>assemble</c>, <c>begin</c>, <c>answer</c> or <c>commit</c>.</summary>
    public static Histogram<double> Parts { get; } =
        _meter.CreateHistogram<double>("session.turn.part", "ms", "Milliseconds of a part of a turn.");

    /// <summary>Counts what happened to sessions.</summary>
    internal static SessionCounters Counters { get; } = new(_meter);

    /// <summary>Measures an answered turn.</summary>
    /// <param name="info">How it was answered.</param>
    /// <param name="prompt">What its prompt held.</param>
    /// <param name="drift">How far the answer is from the first ones; null where those are not known.</param>
    internal static void Answered(CommitInfo info, AssembledContext prompt, double? drift)
    {
        KeyValuePair<string, object?> model = new("model", info.Model);
        _tokens.Record(info.PromptTokens, model, new KeyValuePair<string, object?>("type", "prompt"));
        _tokens.Record(info.CompletionTokens, model, new KeyValuePair<string, object?>("type", "completion"));
        _size.Record(prompt.Plan.NaiveTokens);
        _compression.Record((double)Math.Max(0, prompt.Plan.Parts.Prompt) / Math.Max(1, prompt.Plan.NaiveTokens));
        foreach (AppliedStep step in prompt.Plan.Applied)
        {
            _cleared.Add(
                Math.Max(0, step.Before - step.After),
                new KeyValuePair<string, object?>("step", StepName(step))
            );
        }

        if (drift is { } distance)
        {
            _drift.Record(distance);
        }
    }

    // A step by its place in the policy: what it says of itself has numbers in it.
    private static string StepName(AppliedStep step) => step.Step < 0 ? "window" : Invariant($"step {step.Step}");
}
