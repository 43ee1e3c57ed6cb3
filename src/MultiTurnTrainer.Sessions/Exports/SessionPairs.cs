using MultiTurnTrainer.Conversations.Pairs;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Exports;

/// <summary>
/// Preference pairs of sessions: two answers to one record of messages, of which one stayed. Where a turn was answered anew or its answer
/// edited, the one that stands there now stayed; between the branches of a fork, that of the branch that was last gone on with.
/// Sessions are given twice: to <see cref="Note"/>, which finds out what belongs together, then to <see cref="Of"/>.
/// </summary>
/// <param name="skipped">Told of what gives no pair, with the cause.</param>
public sealed class SessionPairs(Action<string> skipped)
{
    private readonly Dictionary<string, string> _parents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<SessionState>> _families = new(StringComparer.Ordinal);
    private readonly HashSet<(string Chosen, string Rejected)> _seen = [];

    /// <summary>Reads the pairs of the sessions whose logs a file holds.</summary>
    /// <param name="path">What <c>mtt sessions export --log</c> wrote.</param>
    /// <param name="skipped">Told of what gives no pair, with the cause.</param>
    /// <exception cref="MttException">A line is no event, or events do not follow one another.</exception>
    public static IEnumerable<AnswerPair> Read(string path, Action<string> skipped)
    {
        SessionPairs pairs = new(skipped);
        foreach (SessionState state in LogFile.States(path))
        {
            pairs.Note(state);
        }

        return LogFile.States(path).SelectMany(pairs.Of);
    }

    /// <summary>Notes whose copy a session is.</summary>
    public void Note(SessionState state)
    {
        if (state.ForkedFrom is { } fork)
        {
            _parents[state.Id] = fork.Parent;
            _families[Root(fork.Parent)] = [];
        }
    }

    /// <summary>The pairs of a session, and those with the branches that came before it. A copied turn gives its pair once.</summary>
    public IEnumerable<AnswerPair> Of(SessionState state)
    {
        IEnumerable<AnswerPair?> pairs = Replacements(state);
        if (_families.TryGetValue(Root(state.Id), out List<SessionState>? family))
        {
            pairs = pairs.Concat([.. family.Select(other => Fork(state, other))]);
            family.Add(state);
        }

        return pairs.OfType<AnswerPair>();
    }

    // A damaged file may name copies in a circle.
    private string Root(string id)
    {
        for (int steps = 0; steps <= _parents.Count && _parents.TryGetValue(id, out string? parent); steps++)
        {
            id = parent;
        }

        return id;
    }

    private IEnumerable<AnswerPair?> Replacements(SessionState state)
    {
        foreach (SessionTurn turn in state.Turns)
        {
            SessionTurn newest = turn;
            for (string? id = turn.Replaces; id is not null; id = newest.Replaces)
            {
                newest = state.FindTurn(id)!;
                if (turn.IsActive)
                {
                    yield return Pair(turn.IsEdit ? "edit" : "regeneration", (state, turn), (state, newest));
                }
            }

            if (turn is { Replaces: not null, Status: TurnStatus.RolledBack })
            {
                skipped("the answer that was made anew is no part of the conversation any more");
            }
        }
    }

    private AnswerPair? Fork(SessionState state, SessionState other)
    {
        int shared = state
            .Messages.Zip(other.Messages)
            .TakeWhile(both => JsonView.DeepEquals(both.First.Json, both.Second.Json))
            .Count();
        if (shared == state.Messages.Count || shared == other.Messages.Count)
        {
            skipped("a branch ends where they part");
            return null;
        }

        if (Answer(state, shared) is not { } answer || Answer(other, shared) is not { } otherAnswer)
        {
            skipped("the branches part at a question");
            return null;
        }

        return IsLater(state, other)
            ? Pair("fork", (state, answer), (other, otherAnswer))
            : Pair("fork", (other, otherAnswer), (state, answer));
    }

    private static SessionTurn? Answer(SessionState state, int place) =>
        state.Messages[place] is { Turn: { } id } message && SessionState.RoleOf(message.Json) == "assistant"
            ? state.FindTurn(id)
            : null;

    private static bool IsLater(SessionState state, SessionState other)
    {
        int order = DateTimeOffset.Compare(LastAnswer(state), LastAnswer(other));
        return order > 0 || (order == 0 && state.ForkedFrom?.Parent == other.Id);
    }

    private static DateTimeOffset LastAnswer(SessionState state) =>
        state.Turns.Where(turn => turn.IsActive).Max(turn => turn.AnsweredAt) ?? state.CreatedAt;

    private AnswerPair? Pair(
        string source,
        (SessionState State, SessionTurn Turn) chosen,
        (SessionState State, SessionTurn Turn) rejected
    )
    {
        if (!_seen.Add((chosen.Turn.Id, rejected.Turn.Id)))
        {
            return null;
        }

        if (!IsWhole(chosen.Turn) || !IsWhole(rejected.Turn))
        {
            skipped("an answer broke off or was cut");
            return null;
        }

        if (JsonView.DeepEquals(chosen.Turn.Answer!.Value, rejected.Turn.Answer!.Value))
        {
            skipped("both answers are the same");
            return null;
        }

        JsonView[] prompt =
        [
            .. chosen.State.Messages.Take(chosen.Turn.First).Select(message => message.Json),
            .. chosen.Turn.Messages,
        ];
        int turn = prompt.Count(message => SessionState.RoleOf(message) == "user");
        return new AnswerPair(source, $"{chosen.Turn.Id}-{rejected.Turn.Id}", Math.Max(1, turn))
        {
            Prompt = [.. prompt],
            Chosen = [chosen.Turn.Answer.Value],
            Rejected = [rejected.Turn.Answer.Value],
            Tools = chosen.State.Tools,
            Provenance = new JsonFields
            {
                ["session"] = chosen.State.Id,
                ["rejected_session"] = rejected.State.Id,
                ["turns"] = new[] { chosen.Turn.Id, rejected.Turn.Id },
            }
                .AddPresent("chosen_model", chosen.Turn.Info?.Model)
                .AddPresent("rejected_model", rejected.Turn.Info?.Model),
        };
    }

    // One that broke off is worse for no fault of its words, and is not to be learned from.
    private static bool IsWhole(SessionTurn turn) =>
        turn.IsEdit || (turn.Answer is not null && turn.Info is { FinishReason: not ("length" or "content_filter") });
}
