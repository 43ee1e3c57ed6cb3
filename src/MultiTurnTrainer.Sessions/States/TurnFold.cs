using MultiTurnTrainer.Sessions.Events;

namespace MultiTurnTrainer.Sessions.States;

/// <summary>The part of the fold that is about turns.</summary>
internal static class TurnFold
{
    public static SessionState Apply(SessionState state, SessionEvent happened, LoggedEvent next) =>
        happened switch
        {
            TurnBegun begun => Begin(state, begun, next),
            TurnCheckpointed checkpoint => Change(
                state,
                Pending(state, checkpoint.Turn),
                turn => turn with { Partial = turn.Partial + checkpoint.Text }
            ),
            TurnInterrupted interrupted => Change(
                state,
                Pending(state, interrupted.Turn),
                turn =>
                    turn with
                    {
                        Status = TurnStatus.Interrupted,
                        Partial = turn.Partial + interrupted.Text,
                        Reason = interrupted.Reason,
                    }
            ) with
            {
                Pending = null,
            },
            TurnCommitted committed => Commit(state, committed, next.At),
            TurnAcknowledged acknowledged => Acknowledge(state, acknowledged, next.At),
            TurnEdited edited => Edit(state, edited, next),
            TurnRolledBack rolledBack => RollBack(state, rolledBack.Turn),
            _ => throw SessionFold.Damaged(state, $"{EventJson.KindOf(happened)} means nothing here"),
        };

    /// <summary>From which message on an event changes the conversation; null where it only adds, or leaves it alone.</summary>
    public static int? ChangesFrom(SessionState before, SessionEvent happened) =>
        happened switch
        {
            SessionReset => 0,
            TurnCommitted committed => Known(before, committed.Turn).First,
            TurnAcknowledged acknowledged => Known(before, acknowledged.Turn).First,
            TurnEdited edited => Known(before, edited.Replaces).First,
            TurnRolledBack rolledBack => Known(before, rolledBack.Turn).First,
            _ => null,
        };

    private static SessionState Begin(SessionState state, TurnBegun begun, LoggedEvent next)
    {
        RequireNew(state, begun.Turn, begun.Replaces);
        SessionTurn turn = new()
        {
            Id = begun.Turn,
            Version = next.Version,
            At = next.At,
            First = begun.Replaces is { } id ? Known(state, id).First : state.MessageCount,
            Messages = begun.Messages,
            Key = begun.Key,
            RequestHash = begun.RequestHash,
            Participant = begun.Participant,
            Replaces = begun.Replaces,
        };
        return Add(state, turn) with
        {
            Pending = turn.Id,
            Keys = turn.Key is { } key ? state.Keys.SetItem(key, state.Turns.Count) : state.Keys,
            Tools = begun.Tools ?? state.Tools,
            Totals = state.Totals with { Requests = state.Totals.Requests + 1 },
        };
    }

    private static SessionState Edit(SessionState state, TurnEdited edited, LoggedEvent next)
    {
        RequireNew(state, edited.Turn, edited.Replaces);
        SessionTurn before = Known(state, edited.Replaces);
        SessionTurn turn = new()
        {
            Id = edited.Turn,
            Version = next.Version,
            At = next.At,
            First = before.First,
            Messages = before.Messages,
            Participant = before.Participant,
            Replaces = before.Id,
            Status = TurnStatus.Committed,
            IsEdit = true,
            Answer = edited.Answer,
            AnsweredAt = next.At,
        };
        return Join(Add(state, turn), turn, next.At);
    }

    private static void RequireNew(SessionState state, string id, string? replaces)
    {
        if (replaces is { } replaced && !state.CanRegenerate(Known(state, replaced)))
        {
            throw SessionFold.Damaged(state, $"turn {replaced} is answered anew and its question is gone");
        }

        if (state.Pending is not null || state.TurnPlaces.ContainsKey(id))
        {
            throw SessionFold.Damaged(state, $"turn {id} begins while another is pending, or twice");
        }
    }

    private static SessionState Add(SessionState state, SessionTurn turn) =>
        state with
        {
            Turns = state.Turns.Add(turn),
            TurnPlaces = state.TurnPlaces.Add(turn.Id, state.Turns.Count),
        };

    private static SessionState Commit(SessionState state, TurnCommitted committed, DateTimeOffset at)
    {
        SessionTurn turn = Pending(state, committed.Turn) with
        {
            Status = TurnStatus.Committed,
            Partial = "",
            Answer = committed.Answer,
            Info = committed.Info,
            AnsweredAt = at,
        };
        SessionTotals totals = state.Totals;
        return Join(state, turn, at) with
        {
            Pending = null,
            Totals = totals with
            {
                PromptTokens = totals.PromptTokens + committed.Info.PromptTokens,
                CompletionTokens = totals.CompletionTokens + committed.Info.CompletionTokens,
                Money = totals.Money + (committed.Money ?? 0),
            },
        };
    }

    private static SessionState Acknowledge(SessionState state, TurnAcknowledged acknowledged, DateTimeOffset at)
    {
        SessionTurn turn = Known(state, acknowledged.Turn);
        return state.CanAcknowledge(turn)
            ? Join(
                state,
                turn with
                {
                    Status = TurnStatus.Acknowledged,
                    Partial = acknowledged.Text,
                    Answer = JsonText.ToView(
                        new JsonFields { ["role"] = "assistant", ["content"] = acknowledged.Text }
                    ),
                    AnsweredAt = at,
                },
                at
            )
            : throw SessionFold.Damaged(state, $"turn {turn.Id} is acknowledged and was not interrupted");
    }

    /// <summary>The turn's messages take their place; what stood there and after it leaves.</summary>
    private static SessionState Join(SessionState state, SessionTurn turn, DateTimeOffset at)
    {
        SessionState room = Leave(state, turn.First, TurnStatus.Replaced);
        return room with
        {
            Messages = room
                .Messages.AddRange(turn.Messages.Select(turn.Said))
                .Add(new SessionMessage(turn.Answer!.Value, at, turn.Id)),
            Turns = room.Turns.SetItem(room.TurnPlaces[turn.Id], turn),
        };
    }

    private static SessionState RollBack(SessionState state, string id)
    {
        SessionTurn turn = Known(state, id);
        return turn.IsActive
            ? Leave(state, turn.First, TurnStatus.RolledBack)
            : throw SessionFold.Damaged(state, $"turn {id} is rolled back and was no part of the conversation");
    }

    private static SessionState Leave(SessionState state, int first, TurnStatus status)
    {
        if (first == state.MessageCount)
        {
            return state;
        }

        int place = state.PlaceOf(first);
        ImmutableList<SessionTurn> turns = state.Turns;
        for (int i = turns.Count - 1; i >= 0; i--)
        {
            if (turns[i].IsActive && turns[i].First >= first)
            {
                turns = turns.SetItem(i, turns[i] with { Status = status });
            }
        }

        SessionState left = state with
        {
            Messages = state.Messages.RemoveRange(place, state.Messages.Count - place),
            Turns = turns,
        };
        int next = left.NextTurnNumber;
        return left with
        {
            Constraints = left.Constraints.ConvertAll(constraint => constraint.NotAfter(next)),
            Memory = left.Memory.ConvertAll(entry => entry with { Turn = Math.Min(entry.Turn, next) }),
        };
    }

    private static SessionState Change(SessionState state, SessionTurn turn, Func<SessionTurn, SessionTurn> change) =>
        state with
        {
            Turns = state.Turns.SetItem(state.TurnPlaces[turn.Id], change(turn)),
        };

    private static SessionTurn Pending(SessionState state, string id) =>
        state.Pending == id ? Known(state, id) : throw SessionFold.Damaged(state, $"turn {id} is not pending");

    private static SessionTurn Known(SessionState state, string id) =>
        state.FindTurn(id)
        ?? throw (state.IsWhole ? SessionFold.Damaged(state, $"there is no turn {id}") : new PastNeededException());
}
