// Folder States: what a session's events add up to.
// Refuses to know: stores, clocks, who may ask.
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Sessions.Events;

namespace MultiTurnTrainer.Sessions.States;

/// <summary>A message of the conversation.</summary>
/// <param name="Json">The canonical object.</param>
/// <param name="At">When it became part of the session.</param>
/// <param name="Turn">Its turn's id; null for those the session began with.</param>
/// <param name="Participant">Who said it, where several people share the session.</param>
public sealed record SessionMessage(JsonView Json, DateTimeOffset At, string? Turn = null, string? Participant = null);

/// <summary>A constraint that was stated apart from the messages.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Text">The words.</param>
/// <param name="IsNonNegotiable">Whether it is repeated.</param>
/// <param name="From">The user's turn, from 0, from which it holds.</param>
/// <param name="Until">The first turn in which it holds no longer; null while it holds.</param>
public sealed record SessionConstraint(string Id, string Text, bool IsNonNegotiable, int From, int? Until = null)
{
    /// <summary>The same where the conversation has become shorter: what was said in turns that left counts from the next one.</summary>
    internal SessionConstraint NotAfter(int turn) =>
        this with
        {
            From = Math.Min(From, turn),
            Until = Until is { } until ? Math.Min(until, turn) : null,
        };
}

/// <summary>A change of structured memory.</summary>
/// <param name="Turn">The user's turn, from 0, from which it counts.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; null where it was removed.</param>
public sealed record MemoryEntry(int Turn, MemoryKind Kind, string Name, string? Value);

/// <summary>What a state in short form leaves out: messages in one stretch, and the turns that began first.</summary>
/// <param name="After">How many messages stand before the stretch.</param>
/// <param name="Messages">How many it has.</param>
/// <param name="UserMessages">How many of those are users'.</param>
public sealed record SessionPast(int After, int Messages, int UserMessages);

/// <summary>What a session has spent.</summary>
/// <param name="Requests">Calls that were begun.</param>
/// <param name="PromptTokens">Tokens of their prompts.</param>
/// <param name="CompletionTokens">Tokens of their answers.</param>
/// <param name="Money">Their cost by the price table.</param>
public readonly record struct SessionTotals(long Requests, long PromptTokens, long CompletionTokens, double Money)
{
    /// <summary>Prompt and answer together.</summary>
    public long Tokens => PromptTokens + CompletionTokens;

    internal SessionTotals Plus(Artefact made) =>
        this with
        {
            Requests = Requests + 1,
            PromptTokens = PromptTokens + made.PromptTokens,
            CompletionTokens = CompletionTokens + made.CompletionTokens,
        };

    internal SessionTotals Less(SessionTotals other) =>
        new(
            Requests - other.Requests,
            PromptTokens - other.PromptTokens,
            CompletionTokens - other.CompletionTokens,
            Money - other.Money
        );
}

/// <summary>
/// A session at a version: a function of its events alone. Immutable. The raw log stays in the store; <see cref="Constraints"/> and
/// <see cref="Memory"/> are the structured memory; the active context is planned anew from them for every call and is no part of this.
/// </summary>
public sealed record SessionState
{
    /// <summary>Which session.</summary>
    public required SessionKey Key { get; init; }

    /// <summary>Its id: 256 random bits.</summary>
    public string Id => Key.Id;

    /// <summary>How many events it is the sum of.</summary>
    public long Version { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the newest event happened.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Whose session it is.</summary>
    public string? User { get; init; }

    /// <summary>Whether it takes part in the memory that its user's sessions share.</summary>
    public bool SharesMemory { get; init; }

    /// <summary>The declared tools.</summary>
    public JsonView? Tools { get; init; }

    /// <summary>What the client says of the session.</summary>
    public JsonView? Metadata { get; init; }

    /// <summary>The model it is meant for.</summary>
    public string? Model { get; init; }

    /// <summary>The context policy.</summary>
    public PolicyStamp? Policy { get; init; }

    /// <summary>How the session ended, where somebody said so.</summary>
    public string? Outcome { get; init; }

    /// <summary>The session whose log this one began as.</summary>
    public SessionForked? ForkedFrom { get; init; }

    /// <summary>How many of <see cref="Messages"/> the session began with.</summary>
    public int Opening { get; init; }

    /// <summary>What this state leaves out; null where it is whole.</summary>
    public SessionPast? Past { get; init; }

    /// <summary>The committed messages of the active path, in order; without those of <see cref="Past"/>.</summary>
    public ImmutableList<SessionMessage> Messages { get; init; } = [];

    /// <summary>All turns, those included that are no part of the conversation, in the order they began; without those of <see cref="Past"/>.</summary>
    public ImmutableList<SessionTurn> Turns { get; init; } = [];

    /// <summary>The places of turns in <see cref="Turns"/> by their ids.</summary>
    public ImmutableDictionary<string, int> TurnPlaces { get; init; } = _noPlaces;

    /// <summary>The places of turns in <see cref="Turns"/> by idempotency keys.</summary>
    public ImmutableDictionary<string, int> Keys { get; init; } = _noPlaces;

    /// <summary>The constraints that were stated apart, in order, withdrawn ones included.</summary>
    public ImmutableList<SessionConstraint> Constraints { get; init; } = [];

    /// <summary>State variables, preferences and goals, every change in order.</summary>
    public ImmutableList<MemoryEntry> Memory { get; init; } = [];

    /// <summary>What models made for the policy, by key.</summary>
    public ImmutableDictionary<string, Artefact> Artefacts { get; init; } = _noArtefacts;

    /// <summary>Whether vectors are among them.</summary>
    internal bool HasVectors => Artefacts.Values.Any(artefact => artefact.Vector is not null);

    /// <summary>Exchanges of the user's other sessions, by the turn they were found for.</summary>
    public ImmutableList<RecalledExchange> Recalled { get; init; } = [];

    /// <summary>What was spent.</summary>
    public SessionTotals Totals { get; init; }

    /// <summary>The ceiling that was reached last.</summary>
    public BudgetTripped? Tripped { get; init; }

    /// <summary>The model that a reached ceiling has handed the session to.</summary>
    public string? EscalatedTo { get; init; }

    /// <summary>What was spent before that.</summary>
    public SessionTotals BeforeEscalation { get; init; }

    /// <summary>What was spent since a ceiling handed the session to another model, or from the beginning.</summary>
    public SessionTotals SinceEscalation => Totals.Less(BeforeEscalation);

    /// <summary>The pending turn's id.</summary>
    public string? Pending { get; init; }

    private static readonly ImmutableDictionary<string, Artefact> _noArtefacts = ImmutableDictionary.Create<
        string,
        Artefact
    >(StringComparer.Ordinal);

    private static readonly ImmutableDictionary<string, int> _noPlaces = ImmutableDictionary.Create<string, int>(
        StringComparer.Ordinal
    );

    /// <summary>Whether nothing is left out.</summary>
    public bool IsWhole => Past is null;

    /// <summary>The messages of the conversation, those included that are left out here.</summary>
    public int MessageCount => Messages.Count + (Past?.Messages ?? 0);

    /// <summary>A turn by its id.</summary>
    public SessionTurn? FindTurn(string id) => TurnPlaces.TryGetValue(id, out int place) ? Turns[place] : null;

    /// <summary>The turn that an idempotency key belongs to.</summary>
    public SessionTurn? FindKey(string key) => Keys.TryGetValue(key, out int place) ? Turns[place] : null;

    /// <summary>Structured memory as it is now: the last value of each name.</summary>
    public IEnumerable<MemoryEntry> CurrentMemory() =>
        Memory
            .GroupBy(entry => (entry.Kind, entry.Name))
            .Select(changes => changes.Last())
            .Where(entry => entry.Value is not null);

    /// <summary>The user's turns so far: the number that the next one will have, from 0.</summary>
    public int NextTurnNumber => Users(Messages) + (Past?.UserMessages ?? 0);

    /// <summary>The session with what was found for a turn.</summary>
    public SessionState With(ExchangesRecalled found) =>
        this with
        {
            Recalled = Recalled
                .RemoveAll(recalled => recalled.For == found.Turn)
                .AddRange(found.Exchanges.Select(exchange => new RecalledExchange(found.Turn, exchange))),
        };

    /// <summary>A message by its place in the conversation.</summary>
    public SessionMessage MessageAt(int index) => Messages[index < Past?.After ? index : PlaceOf(index)];

    /// <summary>The record that a turn is answered from: what stood before it, and its own messages.</summary>
    public IEnumerable<SessionMessage> Before(SessionTurn turn) =>
        Messages.Take(turn.First).Concat(turn.Messages.Select(json => turn.Said(json)));

    /// <summary>Whether another answer to a turn's question would stand where the question stands.</summary>
    internal bool CanRegenerate(SessionTurn turn) => Pending is null && (turn.IsActive || CanAcknowledge(turn));

    /// <summary>Whether a turn was interrupted and nothing was said since.</summary>
    internal bool CanAcknowledge(SessionTurn turn) =>
        turn.Status == TurnStatus.Interrupted
        && Pending is null
        && !Turns.Exists(other => other.IsActive && other.Version > turn.Version)
        && turn.First <= MessageCount;

    /// <summary>
    /// The same without what lies far back: the messages before a place, but for the first ones, and all but the newest turns.
    /// </summary>
    /// <param name="head">How many of the first messages stay.</param>
    /// <param name="from">The first message that stays behind those; fewer leave where the newest turns need more.</param>
    /// <param name="turns">How many turns stay.</param>
    internal SessionState Shortened(int head, int from, int turns)
    {
        ImmutableList<SessionTurn> kept = Turns.RemoveRange(0, Math.Max(0, Turns.Count - turns));
        SessionPast past = Past ?? new SessionPast(Math.Max(head, Opening), 0, 0);
        int first = kept.Aggregate(from, (least, turn) => Math.Min(least, turn.First));
        int gone = first - past.After - past.Messages;
        return gone <= 0
            ? this
            : this with
            {
                Past = past with
                {
                    Messages = past.Messages + gone,
                    UserMessages = past.UserMessages + Users(Messages.Skip(past.After).Take(gone)),
                },
                Messages = Messages.RemoveRange(past.After, gone),
                Turns = kept,
                TurnPlaces = Places(kept, static turn => turn.Id),
                Keys = Places(kept, static turn => turn.Key),
            };
    }

    /// <summary>Whether the first messages, and all from a place on, are at hand.</summary>
    public bool Holds(int head, int from) =>
        Past is not { } past || (head <= past.After && from >= past.After + past.Messages);

    /// <summary>Where a message stands in <see cref="Messages"/>.</summary>
    /// <exception cref="PastNeededException">It is left out.</exception>
    internal int PlaceOf(int message) =>
        Past is not { } past ? message
        : message >= past.After + past.Messages ? message - past.Messages
        : throw new PastNeededException();

    private static int Users(IEnumerable<SessionMessage> messages) =>
        messages.Count(static message => RoleOf(message.Json) == "user");

    private static ImmutableDictionary<string, int> Places(
        ImmutableList<SessionTurn> turns,
        Func<SessionTurn, string?> name
    )
    {
        ImmutableDictionary<string, int>.Builder places = _noPlaces.ToBuilder();
        foreach ((SessionTurn turn, int i) in turns.Select((turn, i) => (turn, i)))
        {
            if (name(turn) is { } key)
            {
                places[key] = i;
            }
        }

        return places.ToImmutable();
    }

    internal static string? RoleOf(JsonView message) => message.GetString("role");
}
