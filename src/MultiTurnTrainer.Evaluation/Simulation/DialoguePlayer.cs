using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>One dialogue of a job.</summary>
/// <param name="Index">The task's place in its file.</param>
/// <param name="Task">The task.</param>
/// <param name="Choice">How it is put.</param>
/// <param name="Run">The run, from 0.</param>
internal sealed record DialoguePlace(int Index, ShardedTask Task, SimulationChoice Choice, int Run);

/// <summary>Who takes part in a dialogue: the assistant, the user, the judge.</summary>
internal interface IDialogueParties
{
    /// <summary>Whether two user turns may stand side by side.</summary>
    bool TakesConsecutiveUsers { get; }

    /// <summary>The assistant's reply.</summary>
    /// <param name="place">The dialogue.</param>
    /// <param name="turn">The reply's number, from 0.</param>
    /// <param name="shown">What the assistant sees.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<DialogueReply> ReplyAsync(
        DialoguePlace place,
        int turn,
        IReadOnlyList<ChatTurn> shown,
        CancellationToken cancellation
    );

    /// <summary>How the newest reply is scored.</summary>
    Task<Verdict> JudgeAsync(
        DialoguePlace place,
        int turn,
        IReadOnlyList<ChatTurn> turns,
        CancellationToken cancellation
    );

    /// <summary>The user of a dialogue.</summary>
    /// <param name="place">The dialogue.</param>
    /// <param name="script">What a user without a mind of his own says, turn by turn.</param>
    IDialogueUser UserOf(DialoguePlace place, IReadOnlyList<string> script);
}

/// <summary>The user of one dialogue.</summary>
internal interface IDialogueUser
{
    /// <summary>What he says next; null where he has no more to say.</summary>
    /// <param name="turns">Everything said.</param>
    /// <param name="turn">His turn's number; the opening is 0.</param>
    /// <param name="cancellation">Ends it.</param>
    Task<string?> NextAsync(IReadOnlyList<ChatTurn> turns, int turn, CancellationToken cancellation);

    /// <summary>Why he has no more to say.</summary>
    DialogueEnd End { get; }

    /// <summary>By shard the user turn, from 1, that revealed it; null where the script says so itself.</summary>
    IReadOnlyDictionary<int, int>? RevealedAt { get; }
}

/// <summary>Why a dialogue ended.</summary>
public enum DialogueEnd
{
    /// <summary>Everything was said.</summary>
    Complete,

    /// <summary>The user kept shards back until the turns ran out.</summary>
    TurnCap,
}

/// <summary>
/// Plays dialogues turn by turn. A dialogue goes on after a correct reply, so that both scores of the record are known: a success at
/// any turn is one all the same.
/// </summary>
internal sealed class DialoguePlayer(
    IDialogueParties parties,
    IVerifier verifier,
    int seed,
    Func<IReadOnlyList<ChatTurn>, IReadOnlyList<ChatTurn>>? policy
)
{
    /// <summary>Plays one dialogue.</summary>
    public async Task<Dialogue> PlayAsync(DialoguePlace place, CancellationToken cancellation)
    {
        SeededRandom random = new(seed, ((long)place.Run << 32) + place.Index);
        (IReadOnlyList<ChatTurn> opening, IReadOnlyList<string> later) = UserScript.For(
            place.Task,
            place.Choice,
            verifier,
            random
        );
        List<ChatTurn> turns = [.. opening];
        List<JudgedReply> replies = [];
        IDialogueUser user = parties.UserOf(place, later);
        while (true)
        {
            int turn = replies.Count;
            DialogueReply reply = await parties
                .ReplyAsync(place, turn, Shown(turns, place.Choice.Mode), cancellation)
                .ConfigureAwait(false);
            turns.Add(new ChatTurn("assistant", reply.Text));
            Verdict verdict = await parties.JudgeAsync(place, turn, turns, cancellation).ConfigureAwait(false);
            replies.Add(
                new JudgedReply(reply.Text, reply.Tokens, verdict)
                {
                    PromptTokens = reply.PromptTokens,
                    IsCut = reply.IsCut,
                }
            );
            if (await user.NextAsync(turns, turn + 1, cancellation).ConfigureAwait(false) is not { } next)
            {
                return new Dialogue(place.Task, place.Choice, place.Run, turns, replies)
                {
                    End = user.End,
                    RevealedAt = user.RevealedAt ?? Dialogue.FindShards(place.Task, turns),
                };
            }

            turns.Add(new ChatTurn("user", next));
        }
    }

    /// <summary>What the assistant is shown: everything said, or all but its own replies, as the policy has it.</summary>
    private IReadOnlyList<ChatTurn> Shown(List<ChatTurn> turns, SimulationMode mode)
    {
        IReadOnlyList<ChatTurn> shown = mode == SimulationMode.Cleaned ? Cleaned(turns) : [.. turns];
        return policy is null ? shown : policy(shown);
    }

    private ChatTurn[] Cleaned(List<ChatTurn> turns)
    {
        ChatTurn[] kept = [.. turns.Where(turn => turn.Role != "assistant")];
        return parties.TakesConsecutiveUsers
            ? kept
            :
            [
                .. kept.Where(turn => turn.Role != "user"),
                new ChatTurn(
                    "user",
                    string.Join("\n\n", kept.Where(turn => turn.Role == "user").Select(turn => turn.Content))
                ),
            ];
    }
}

/// <summary>Says what was written before, turn by turn.</summary>
internal sealed class ScriptedUser(IReadOnlyList<string> script) : IDialogueUser
{
    public DialogueEnd End => DialogueEnd.Complete;

    public IReadOnlyDictionary<int, int>? RevealedAt => null;

    public Task<string?> NextAsync(IReadOnlyList<ChatTurn> turns, int turn, CancellationToken cancellation) =>
        Task.FromResult(turn <= script.Count ? script[turn - 1] : null);
}
