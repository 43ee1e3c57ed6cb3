using System.Diagnostics.Metrics;

namespace MultiTurnTrainer.Serving.Telemetry;

/// <summary>Counts events of sessions as they are kept, whoever caused them.</summary>
internal sealed class SessionCounters
{
    private static readonly string _committed = EventJson.KindOf(new TurnCommitted("", default, new CommitInfo()));
    private static readonly string _tripped = EventJson.KindOf(new BudgetTripped("", 0, 0));
    private static readonly string _marked = EventJson.KindOf(new SessionMarked("", false));

    private readonly Counter<long> _events;
    private readonly Counter<long> _trips;
    private readonly Counter<long> _outcomes;
    private readonly Counter<long> _finished;

    public SessionCounters(Meter meter)
    {
        _events = meter.CreateCounter<long>(
            "session.events",
            "{event}",
            "Events of sessions; the tag kind says which."
        );
        _finished = meter.CreateCounter<long>(
            "session.answers",
            "{answer}",
            "Whole answers; the tag finish_reason says why they ended."
        );
        _trips = meter.CreateCounter<long>(
            "session.budget.trips",
            "{trip}",
            "Ceilings that were reached; the tags say which, and whether the session stopped."
        );
        _outcomes = meter.CreateCounter<long>(
            "session.outcomes",
            "{session}",
            "Sessions by how they ended, and whether that was at first contact."
        );
    }

    /// <summary>Counts events that were kept.</summary>
    public void Take(IReadOnlyList<StoredEvent> events)
    {
        foreach (StoredEvent stored in events)
        {
            _events.Add(1, Tag("kind", stored.Kind));
            if (stored.Kind == _committed && _finished.Enabled)
            {
                _finished.Add(1, Tag("finish_reason", Read<TurnCommitted>(stored).Info.FinishReason));
            }
            else if (stored.Kind == _tripped)
            {
                BudgetTripped tripped = Read<BudgetTripped>(stored);
                string action = tripped.EscalatesTo is null ? "stop" : "escalate";
                _trips.Add(1, Tag("which", tripped.Which), Tag("action", action));
            }
            else if (stored.Kind == _marked)
            {
                SessionMarked marked = Read<SessionMarked>(stored);
                string contact = marked.IsFirstContact ? "true" : "false";
                _outcomes.Add(1, Tag("outcome", marked.Outcome), Tag("first_contact", contact));
            }
        }
    }

    private static T Read<T>(StoredEvent stored)
        where T : SessionEvent => (T)EventJson.Read(stored.Kind, stored.Data.Span);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
