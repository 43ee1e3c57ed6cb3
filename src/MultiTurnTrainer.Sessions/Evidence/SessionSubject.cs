using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>Evidence of a session: its events fold, and what is said of turns is said of the events before.</summary>
internal sealed class SessionSubject : IEvidenceSubject
{
    private readonly EvidenceCounts _counts = new();
    private SessionState? _state;
    private LoggedEvent? _last;
    private long _declared;
    private bool _lacksTurn;
    private bool _hasSums;

    public long Events => _counts.Events;

    public string Next => Invariant($", where event {Events + 1} comes next");

    public string? Missing =>
        Events != _declared ? Invariant($"{Events} events are here, and {_declared} were declared")
        : _hasSums ? null
        : "the sums are missing";

    public string NameOf(JsonView entry) =>
        entry.GetString("entry") == "event" && entry.Get("version") is { } version
            ? Invariant($"event {version} ({Printable.Line(entry.GetString("kind"))})") + Gap(version)
            : Printable.Of($"the entry '{entry.GetString("entry")}' after event {Events}");

    public string? Take(JsonView entry) =>
        entry.GetString("entry") switch
        {
            "session" when _state is null => Begin(entry),
            "event" when _state is not null && !_lacksTurn && !_hasSums => Event(entry),
            "turn" when _lacksTurn => Turn(entry),
            "sums" when _last is not null && !_lacksTurn && !_hasSums => Sums(entry),
            _ => NameOf(entry) + " has no place here",
        };

    private string Gap(JsonView version) =>
        version.TryGetInt64(out long number) && number != Events + 1
            ? Invariant($", where event {Events + 1} comes next,")
            : "";

    private string? Begin(JsonView entry)
    {
        _declared = entry.GetProperty("events").GetInt64();
        _state = SessionFold.Empty(new SessionKey("", entry.GetProperty("session").GetString() ?? ""));
        return null;
    }

    private string? Event(JsonView entry)
    {
        LoggedEvent logged = new(
            entry.GetProperty("version").GetInt64(),
            entry.GetProperty("at").TryGetDateTimeOffset(out DateTimeOffset at) ? at : default,
            EventJson.Read(entry.GetString("kind") ?? "", entry.GetProperty("event").RawUtf8)
        );
        if (_last is not null && logged.At < _last.At)
        {
            return NameOf(entry) + " happened before the event before it";
        }

        if (!JsonText.ToView(SessionEvidence.EntryOf(logged)).RawUtf8.SequenceEqual(entry.RawUtf8))
        {
            return NameOf(entry) + " is not written as this version of mtt writes it";
        }

        _state = SessionFold.Apply(_state!, logged);
        _last = logged;
        _lacksTurn = logged.Event is TurnCommitted;
        _counts.Events++;
        _counts.Take(logged.Event);
        return null;
    }

    private string? Turn(JsonView entry)
    {
        _lacksTurn = false;
        TurnCommitted committed = (TurnCommitted)_last!.Event;
        if (
            entry.GetProperty("version").GetInt64() != _last.Version
            || entry.GetString("turn") != committed.Turn
            || entry.GetString("prompt_sha256") != committed.Info.PromptHash
            || entry.GetString("policy") != _state!.Policy?.Fingerprint
        )
        {
            return Invariant($"what is said of a turn is not what event {_last.Version} says");
        }

        if (entry.Get("not_planned") is not null)
        {
            _counts.NotPlanned++;
            return null;
        }

        _counts.Take(entry.Get("prompt_is_reproduced")?.GetBoolean());
        foreach (JsonView constraint in entry.GetProperty("constraints").EnumerateArray())
        {
            _counts.Held(constraint.GetProperty("held").GetBoolean());
        }

        foreach (JsonView gone in entry.GetProperty("left_out").EnumerateArray())
        {
            int messages = gone.GetProperty("last").GetInt32() - gone.GetProperty("first").GetInt32() + 1;
            _counts.Lost(messages, gone.GetProperty("tokens").GetInt32());
        }

        return null;
    }

    private string? Sums(JsonView entry)
    {
        _hasSums = true;
        foreach (JsonMember sum in JsonText.ToView(_counts.ToEntry()).EnumerateObject())
        {
            if (!JsonView.DeepEquals(sum.Value, entry.GetProperty(sum.Name)))
            {
                return $"the sum of {sum.Name} is not that of the events and turns";
            }
        }

        return null;
    }
}
