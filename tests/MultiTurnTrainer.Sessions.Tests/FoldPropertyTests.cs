using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests;

public class FoldPropertyTests
{
    private static readonly PolicyModel _model = new(
        PolicyPresets.Find("support")!,
        RowModel.Load(PresetModel.Folder, new RowOptions()),
        window: 512
    );

    /// <summary>Whatever is done to a session, every version can be had again: the same state and the same prompt.</summary>
    [Fact]
    public void Replay_OfAnyLog_GivesEveryStateAndPromptAgain() =>
        Prop.ForAll(
                Arb.From(Gen.Choose(0, 1023).ListOf().Select(list => list.Take(60).ToArray())),
                operations => CheckAsync(operations).GetAwaiter().GetResult()
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static async Task CheckAsync(int[] operations)
    {
        SessionFixture sessions = new();
        SessionState state = await sessions.CreateAsync();
        string id = state.Id;
        Dictionary<long, (string State, string Prompt)> seen = new() { [1] = (Written(state), Prompt(state)) };
        foreach (int operation in operations)
        {
            try
            {
                state = await ChangeAsync(sessions, state, operation);
            }
            catch (SessionException)
            {
                // Refused: nothing may have changed.
            }

            state = await sessions.LoadAsync(state.Id);
            if (state.ForkedFrom?.Parent is { } parent && parent == id)
            {
                // From here on the copy is looked at.
                (id, seen) = (state.Id, []);
            }

            seen[state.Version] = (Written(state), Prompt(state));
        }

        SessionFixture cold = sessions.Restarted();
        Assert.Equal(seen[state.Version].State, Written(await cold.LoadAsync(state.Id)));
        foreach ((long version, (string written, string prompt)) in seen)
        {
            SessionState again = await cold.Log.LoadAsync(Key(state.Id), version);
            Assert.Equal(written, Written(again));
            Assert.Equal(prompt, Prompt(again));
            RecentSession? snapshot = StateSnapshot.TryRead(StateSnapshot.Of(new RecentSession(again)));
            Assert.Equal(written, Written(snapshot!.State));
        }
    }

    private static async Task<SessionState> ChangeAsync(SessionFixture sessions, SessionState state, int operation)
    {
        string id = state.Id;
        string text = Invariant($"Please never use word {operation}. My order is {operation}.");
        string pending = state.Pending ?? "none";
        int some = (operation & int.MaxValue) / 16;
        string turn = state.Turns.Count == 0 ? "none" : state.Turns[some % state.Turns.Count].Id;
        return (operation & 15) switch
        {
            0 or 1 or 2 => (
                await sessions.Turns.BeginAsync(Key(id), new() { Messages = [Message("user", text)] })
            ).State,
            3 or 4 or 5 or 6 => await sessions.CommitAsync(id, pending, $"Answer to {operation}."),
            7 => await sessions.Turns.CheckpointAsync(Key(id), pending, state.FindTurn(pending)?.Partial + "more "),
            8 => await sessions.Turns.InterruptAsync(Key(id), pending, null, "client"),
            9 => await sessions.Turns.AcknowledgeAsync(Key(id), turn),
            10 => await sessions.Turns.RollBackAsync(Key(id), turn),
            11 when some % 3 == 0 => await sessions.Turns.EditAsync(Key(id), turn, Message("assistant", text)),
            11 => (await sessions.Turns.RegenerateAsync(Key(id), turn)).State,
            12 => await sessions.Service.AddConstraintAsync(Key(id), text),
            13 => await sessions.Service.WithdrawConstraintAsync(Key(id), Invariant($"c{(some % 3) + 1}")),
            14 => await sessions.Service.RememberAsync(Key(id), new(MemoryKind.Goal, "refund", text)),
            _ when some % 4 == 0 => await sessions.Service.ResetAsync(Key(id)),
            _ when some % 4 == 1 => await sessions.Service.ForkAsync(Key(id)),
            _ => await sessions.Service.ChangePolicyAsync(Key(id), PolicyStamp.Of(_model.Policy)),
        };
    }

    private static string Prompt(SessionState state)
    {
        Conversation source = Conversation.FromJson(SessionRow.Of(state));
        ContextAssembler assembler = new(_model, source);
        foreach (Message message in source.Messages)
        {
            assembler.Append(message);
        }

        return assembler.Next().Text;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
