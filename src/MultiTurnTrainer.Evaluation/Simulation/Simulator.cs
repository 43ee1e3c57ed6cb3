// Folder Simulation: plays the user of a task, turn by turn.
// Refuses to know: how an answer is judged or generated.
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>
/// Plays all tasks of one mode and one run side by side, turn by turn, so that a local model answers in batches: a batch is asked
/// for when every dialogue that goes on waits for its reply.
/// </summary>
/// <param name="model">Answers.</param>
/// <param name="verifier">Judges the answers.</param>
/// <param name="policy">Shapes what the model sees of a dialogue; null shows all of it.</param>
public sealed class Simulator(
    IDialogueModel model,
    IVerifier verifier,
    Func<IReadOnlyList<ChatTurn>, IReadOnlyList<ChatTurn>>? policy = null
)
{
    /// <summary>Runs every task once.</summary>
    /// <param name="tasks">The tasks; a mode that needs what a task lacks is the caller's error.</param>
    /// <param name="choice">How to put them.</param>
    /// <param name="run">The run's number, part of the sampling seed.</param>
    /// <param name="seed">The base seed.</param>
    /// <param name="cancellation">Stops between turns.</param>
    public async Task<IReadOnlyList<Dialogue>> RunAsync(
        IReadOnlyList<ShardedTask> tasks,
        SimulationChoice choice,
        int run,
        int seed,
        CancellationToken cancellation
    )
    {
        LockStep parties = new(
            model,
            verifier,
            tasks.Count,
            turn => unchecked((seed * 1_000_003) + (run * 8191) + turn),
            cancellation
        );
        DialoguePlayer player = new(parties, verifier, seed, policy);
        async Task<Dialogue> PlayAsync(ShardedTask task, int index)
        {
            try
            {
                return await player
                    .PlayAsync(new DialoguePlace(index, task, choice, run), cancellation)
                    .ConfigureAwait(false);
            }
            finally
            {
                parties.Leave();
            }
        }

        return await Task.WhenAll(tasks.Select(PlayAsync)).ConfigureAwait(false);
    }

    /// <summary>Asks the model for the replies of all dialogues that go on, together.</summary>
    private sealed class LockStep(
        IDialogueModel model,
        IVerifier verifier,
        int dialogues,
        Func<int, int> seed,
        CancellationToken cancellation
    ) : IDialogueParties
    {
        private readonly Lock _lock = new();
        private readonly SortedDictionary<int, Waiting> _waiting = [];
        private int _open = dialogues;
        private int _turn;

        public bool TakesConsecutiveUsers => model.TakesConsecutiveUsers;

        public IDialogueUser UserOf(DialoguePlace place, IReadOnlyList<string> script) => new ScriptedUser(script);

        public Task<Verdict> JudgeAsync(
            DialoguePlace place,
            int turn,
            IReadOnlyList<ChatTurn> turns,
            CancellationToken cancellation
        ) => Task.FromResult(verifier.Judge(place.Task, turns[^1].Content));

        public Task<DialogueReply> ReplyAsync(
            DialoguePlace place,
            int turn,
            IReadOnlyList<ChatTurn> shown,
            CancellationToken cancellation
        )
        {
            OpenDialogue dialogue = new(Invariant($"{place.Choice.Name}/{place.Run}/{place.Index}"), shown);
            Waiting waiting = new(dialogue, new(TaskCreationOptions.RunContinuationsAsynchronously));
            lock (_lock)
            {
                _waiting.Add(place.Index, waiting);
            }

            Step();
            return waiting.Reply.Task;
        }

        /// <summary>A dialogue has ended: it is waited for no more.</summary>
        public void Leave()
        {
            lock (_lock)
            {
                _open--;
            }

            Step();
        }

        private void Step()
        {
            Waiting[] batch;
            int turn;
            lock (_lock)
            {
                if (_waiting.Count == 0 || _waiting.Count < _open)
                {
                    return;
                }

                batch = [.. _waiting.Values];
                _waiting.Clear();
                turn = _turn++;
            }

            _ = Task.Run(() => AnswerAsync(batch, turn), CancellationToken.None);
        }

        private async Task AnswerAsync(Waiting[] batch, int turn)
        {
            try
            {
                IReadOnlyList<DialogueReply> replies = await model
                    .ReplyAsync([.. batch.Select(waiting => waiting.Dialogue)], seed(turn), cancellation)
                    .ConfigureAwait(false);
                for (int i = 0; i < batch.Length; i++)
                {
                    batch[i].Reply.SetResult(replies[i]);
                }
            }
            catch (Exception problem)
            {
                // Whatever it is belongs to those who wait.
                Array.ForEach(batch, waiting => waiting.Reply.TrySetException(problem));
            }
        }
    }

    private sealed record Waiting(OpenDialogue Dialogue, TaskCompletionSource<DialogueReply> Reply);
}
