using MultiTurnTrainer.Sessions.Events;

namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>What the evidence of a session adds up to.</summary>
public sealed class EvidenceCounts
{
    private long _committed;
    private long _interrupted;
    private long _trips;
    private long _messages;
    private long _tokens;
    private long _unrecorded;

    /// <summary>Events.</summary>
    public long Events { get; internal set; }

    /// <summary>Constraints in force, over all prompts.</summary>
    public long Constraints { get; private set; }

    /// <summary>Those of them that the prompt held word for word.</summary>
    public long ConstraintsHeld { get; private set; }

    /// <summary>Prompts that were planned again with the hash that was recorded.</summary>
    public long Reproduced { get; private set; }

    /// <summary>Prompts that were planned again with another.</summary>
    public long Differing { get; private set; }

    /// <summary>Prompts that could not be planned again.</summary>
    public long NotPlanned { get; internal set; }

    internal void Take(SessionEvent happened)
    {
        _committed += happened is TurnCommitted ? 1 : 0;
        _interrupted += happened is TurnInterrupted ? 1 : 0;
        _trips += happened is BudgetTripped ? 1 : 0;
    }

    internal void Take(bool? isSame)
    {
        Reproduced += isSame == true ? 1 : 0;
        Differing += isSame == false ? 1 : 0;
        _unrecorded += isSame is null ? 1 : 0;
    }

    internal void Held(bool isHeld)
    {
        Constraints++;
        ConstraintsHeld += isHeld ? 1 : 0;
    }

    internal void Lost(int messages, int tokens)
    {
        _messages += messages;
        _tokens += tokens;
    }

    internal JsonFields ToEntry() =>
        new()
        {
            ["entry"] = "sums",
            ["events"] = Events,
            ["turns_committed"] = _committed,
            ["turns_interrupted"] = _interrupted,
            ["constraints"] = Constraints,
            ["constraints_held"] = ConstraintsHeld,
            ["prompts_reproduced"] = Reproduced,
            ["prompts_differing"] = Differing,
            ["prompts_without_hash"] = _unrecorded,
            ["prompts_not_planned"] = NotPlanned,
            ["messages_left_out"] = _messages,
            ["tokens_left_out"] = _tokens,
            ["budget_trips"] = _trips,
        };
}
