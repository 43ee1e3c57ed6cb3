// Folder Cleaning: removes earlier answers from a history, and says what depended on them.
// Refuses to know: tokens, templates, training.

namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>
/// Makes one record per logged assistant message (methods.md 1.2). At turn t the student's context is the log before
/// the message; the reference's is the system messages and the user's turns up to t, and at the last turn the canonical
/// task after them. Nothing of a later turn is in either. The calls and results of the turn at hand stay in both: they
/// are no earlier reply.
/// </summary>
/// <param name="settings">What stays and what goes.</param>
/// <param name="counts">Counts what is met.</param>
/// <param name="unrendered">The answers of a conversation that the template does not render, by index; null for no template.</param>
internal sealed class HistoryCleaner(
    CleaningSettings settings,
    CleaningCounts counts,
    Func<Conversation, IReadOnlyCollection<int>>? unrendered = null
)
{
    /// <summary>The records of a conversation, oldest first.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="number">Its number in the input, from 0; its id where it has none.</param>
    public IEnumerable<CleanedRecord> Clean(Conversation conversation, long number)
    {
        DialogueView view = new(conversation);
        counts.Conversations++;
        counts.BackReferences += view.Marks.Count(mark => mark.Kind == TurnMarkKind.RefersBack);
        counts.CorrectingTurns += view.Marks.Count(mark => mark.Kind == TurnMarkKind.Corrects);
        string id = conversation.Id ?? number.ToString(CultureInfo.InvariantCulture);
        IReadOnlyCollection<int> lost = unrendered?.Invoke(conversation) ?? [];
        bool any = false;
        for (int turn = 0; turn < view.Turns.Count; turn++)
        {
            int step = 0;
            foreach (int message in view.Turns[turn].Replies)
            {
                if (conversation.Messages[message].Role != Role.Assistant)
                {
                    continue;
                }

                any = true;
                step++;
                if ((lost.Contains(message) ? "answer_unrendered" : Left(view, turn, message)) is { } reason)
                {
                    counts.LeftOut[reason] = counts.LeftOut.GetValueOrDefault(reason) + 1;
                    continue;
                }

                bool several = view.Turns[turn].Replies.Count(i => conversation.Messages[i].Role == Role.Assistant) > 1;
                string place = Invariant($"{id}#{turn + 1}{(several ? $".{step}" : "")}");
                yield return Record(view, turn, message, place);
            }
        }

        counts.WithoutReply += any ? 0 : 1;
    }

    /// <summary>Why a reply makes no record, or null.</summary>
    private string? Left(DialogueView view, int turn, int message)
    {
        Message reply = view.Messages[message];
        return view.Turns[turn].Users.Count == 0 ? "no_user_turn_before"
            : string.IsNullOrWhiteSpace(reply.Content) && reply.ToolCalls.Count == 0 ? "empty_completion"
            : view.Supervision.WeightOf(message) == 0 ? "weight_zero"
            : settings.BackReferences == BackReferences.Drop && view.RefersBack(turn) ? "back_reference"
            : null;
    }

    private CleanedRecord Record(DialogueView view, int turn, int message, string id)
    {
        List<JsonView> reference = [];
        List<int> removed = [];
        List<int> kept = [];
        bool repaired = false;
        for (int i = 0; i < message; i++)
        {
            Message one = view.Messages[i];
            int of = view.TurnOf(i);
            if (of < 0 || one.Role == Role.User)
            {
                reference.Add(Repaired(view, i, turn, ref repaired));
            }
            else if (of == turn ? one.Role == Role.Tool || one.ToolCalls.Count > 0 : IsKeptExchange(one))
            {
                reference.Add(of == turn ? one.Json : CallsOnly(one));
            }
            else if (settings.BackReferences == BackReferences.Keep && view.IsReferredTo(i, turn))
            {
                reference.Add(one.Json);
                kept.Add(i);
            }
            else
            {
                removed.Add(i);
            }
        }

        bool answer = turn == view.Turns.Count - 1;
        bool canonical = answer && settings.CanonicalTask && turn > 0;
        if (canonical)
        {
            AddCanonicalTask(reference, view);
        }

        ReferencePolicy policy = Policy(repaired, kept.Count > 0, removed.Count > 0 || canonical);
        TurnKind kind = answer ? TurnKind.Answer : TurnKind.Middle;
        counts.Add(kind, policy, removed.Count);
        return new CleanedRecord
        {
            Id = id,
            Turn = turn + 1,
            Turns = view.Turns.Count,
            Kind = kind,
            Policy = policy,
            StudentContext = [.. view.Messages.Take(message).Select(one => one.Json)],
            ReferenceContext =
                settings.ConsecutiveUsers == ConsecutiveUsers.Merge ? MessageJson.MergeUsers(reference) : reference,
            Completion = view.Messages[message].Json,
            Weight = view.Supervision.WeightOf(message) is var weight and not 1 ? weight : null,
            Tools = view.Tools,
            ChatTemplateKwargs = view.Variables.Count == 0 ? null : view.Variables,
            Removed = removed,
            Kept = kept,
            Marks = [.. view.Marks.Where(mark => mark.Message < message)],
        };
    }

    private static ReferencePolicy Policy(bool repaired, bool kept, bool changed) =>
        repaired ? ReferencePolicy.Repaired
        : kept ? ReferencePolicy.Kept
        : changed ? ReferencePolicy.Cleaned
        : ReferencePolicy.Unchanged;

    // After the last user turn, before the calls that this turn has made already.
    private static void AddCanonicalTask(List<JsonView> reference, DialogueView view)
    {
        int after = reference.FindLastIndex(one => one.GetString("role") == "user") + 1;
        reference.Insert(after, MessageJson.User(view.CanonicalTask()));
    }

    private bool IsKeptExchange(Message message) =>
        settings.ToolExchanges == ToolExchanges.Keep && (message.Role == Role.Tool || message.ToolCalls.Count > 0);

    private static JsonView CallsOnly(Message message) =>
        message.Role == Role.Tool ? message.Json : MessageJson.CallsOnly(message);

    private JsonView Repaired(DialogueView view, int message, int turn, ref bool repaired)
    {
        Message one = view.Messages[message];
        if (settings.Corrections != Corrections.Repair || one.Role != Role.User || one.Content is not { } text)
        {
            return one.Json;
        }

        string last = view.LastWord(message, text, turn);
        if (last == text)
        {
            return one.Json;
        }

        repaired = true;
        return MessageJson.WithText(one, last);
    }
}
