namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>What cleaning met and did.</summary>
public sealed class CleaningCounts
{
    /// <summary>Conversations read.</summary>
    public long Conversations { get; internal set; }

    /// <summary>Conversations without any assistant message.</summary>
    public long WithoutReply { get; internal set; }

    /// <summary>User messages that refer back to a reply.</summary>
    public long BackReferences { get; internal set; }

    /// <summary>User messages that correct an earlier one.</summary>
    public long CorrectingTurns { get; internal set; }

    /// <summary>Records written.</summary>
    public long Records { get; private set; }

    /// <summary>Messages that students see and references do not, over all records.</summary>
    public long RemovedMessages { get; private set; }

    /// <summary>Records by <see cref="TurnKind"/>, in snake_case.</summary>
    public SortedDictionary<string, long> Kinds { get; } = new(StringComparer.Ordinal);

    /// <summary>Records by <see cref="ReferencePolicy"/>, in snake_case.</summary>
    public SortedDictionary<string, long> Policies { get; } = new(StringComparer.Ordinal);

    /// <summary>Assistant messages that made no record, by reason.</summary>
    public SortedDictionary<string, long> LeftOut { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds the counts to a manifest's.</summary>
    public void AddTo(JsonFields counts)
    {
        counts["conversations"] = Conversations;
        counts["without_reply"] = WithoutReply;
        counts["records"] = Records;
        counts["kinds"] = Kinds;
        counts["policies"] = Policies;
        counts["back_references"] = BackReferences;
        counts["correcting_turns"] = CorrectingTurns;
        counts["removed_messages"] = RemovedMessages;
        counts["left_out"] = LeftOut;
    }

    internal void Add(TurnKind kind, ReferencePolicy policy, int removed)
    {
        Records++;
        RemovedMessages += removed;
        string kindName = Naming.SnakeCase(kind);
        string policyName = Naming.SnakeCase(policy);
        Kinds[kindName] = Kinds.GetValueOrDefault(kindName) + 1;
        Policies[policyName] = Policies.GetValueOrDefault(policyName) + 1;
    }
}
