using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Exports;

/// <summary>How the prompts that a session's calls were sent with compare with what a policy and a model give now.</summary>
/// <param name="Compared">Calls whose ids were recorded.</param>
/// <param name="Differing">The turns of those that differ.</param>
/// <param name="Unrecorded">Answered calls without recorded ids: those of hosted models.</param>
public sealed record ReplayedPrompts(int Compared, IReadOnlyList<string> Differing, int Unrecorded)
{
    /// <summary>Calls whose ids are equal.</summary>
    public int Equal => Compared - Differing.Count;
}

/// <summary>Plans the prompts of a session's calls again, each from the log up to it.</summary>
public static class PromptReplay
{
    /// <summary>Compares every answered call of a session.</summary>
    /// <param name="events">The session's events.</param>
    /// <param name="state">The session at some version.</param>
    /// <param name="model">The policy and its model.</param>
    /// <exception cref="MttException">The policy or the template refuses a prompt.</exception>
    public static ReplayedPrompts Compare(IReadOnlyList<LoggedEvent> events, SessionState state, PolicyModel model)
    {
        int compared = 0;
        int unrecorded = 0;
        List<string> differing = [];
        SessionState before = SessionFold.Empty(state.Key);
        foreach (SessionTurn turn in state.Turns)
        {
            before = SessionFold.Apply(
                before,
                events.Skip((int)before.Version).Take((int)(turn.Version - before.Version))
            );
            if (turn.Info is not { } info)
            {
                continue;
            }

            if (info.PromptIds is not { } ids)
            {
                unrecorded++;
                continue;
            }

            compared++;
            if (!ids.SequenceEqual(Ids(before, before.FindTurn(turn.Id)!, model)))
            {
                differing.Add(turn.Id);
            }
        }

        return new ReplayedPrompts(compared, differing, unrecorded);
    }

    private static int[] Ids(SessionState state, SessionTurn turn, PolicyModel model)
    {
        SessionState asked = state with { Messages = [.. state.Before(turn)] };
        Conversation source = Conversation.FromJson(SessionRow.Of(asked));
        ContextAssembler assembler = new(model, source);
        foreach (Message message in source.Messages)
        {
            assembler.Append(message);
        }

        return assembler.Ids();
    }
}
