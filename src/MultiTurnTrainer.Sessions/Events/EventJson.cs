namespace MultiTurnTrainer.Sessions.Events;

/// <summary>Events as JSON. A kind once written is read for ever; new fields get defaults.</summary>
public static class EventJson
{
    private static readonly FrozenDictionary<string, Reader> _readers = new Dictionary<string, Reader>
    {
        [Name<SessionCreated>()] = RecordJson.Read<SessionCreated>,
        [Name<SessionForked>()] = RecordJson.Read<SessionForked>,
        [Name<SessionResumed>()] = RecordJson.Read<SessionResumed>,
        [Name<SessionReset>()] = RecordJson.Read<SessionReset>,
        [Name<SessionMarked>()] = RecordJson.Read<SessionMarked>,
        [Name<PolicyChanged>()] = RecordJson.Read<PolicyChanged>,
        [Name<ConstraintAdded>()] = RecordJson.Read<ConstraintAdded>,
        [Name<ConstraintWithdrawn>()] = RecordJson.Read<ConstraintWithdrawn>,
        [Name<MemoryChanged>()] = RecordJson.Read<MemoryChanged>,
        [Name<ArtefactMade>()] = RecordJson.Read<ArtefactMade>,
        [Name<ExchangesRecalled>()] = RecordJson.Read<ExchangesRecalled>,
        [Name<TurnBegun>()] = RecordJson.Read<TurnBegun>,
        [Name<TurnCheckpointed>()] = RecordJson.Read<TurnCheckpointed>,
        [Name<TurnCommitted>()] = RecordJson.Read<TurnCommitted>,
        [Name<TurnInterrupted>()] = RecordJson.Read<TurnInterrupted>,
        [Name<TurnAcknowledged>()] = RecordJson.Read<TurnAcknowledged>,
        [Name<TurnEdited>()] = RecordJson.Read<TurnEdited>,
        [Name<TurnRolledBack>()] = RecordJson.Read<TurnRolledBack>,
        [Name<ContextCompressed>()] = RecordJson.Read<ContextCompressed>,
        [Name<BudgetTripped>()] = RecordJson.Read<BudgetTripped>,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private delegate SessionEvent Reader(ReadOnlySpan<byte> json);

    /// <summary>The kinds of events by their names: <c>turn_begun</c>, …</summary>
    public static IReadOnlyCollection<string> Kinds => _readers.Keys;

    /// <summary>The name of an event's kind.</summary>
    public static string KindOf(SessionEvent happened) => NameOf(happened.GetType());

    /// <summary>An event's fields.</summary>
    public static byte[] Write(SessionEvent happened) =>
        happened switch
        {
            SessionCreated created => RecordJson.ToLine(created),
            SessionForked forked => RecordJson.ToLine(forked),
            SessionResumed resumed => RecordJson.ToLine(resumed),
            SessionReset reset => RecordJson.ToLine(reset),
            SessionMarked marked => RecordJson.ToLine(marked),
            PolicyChanged changed => RecordJson.ToLine(changed),
            ConstraintAdded added => RecordJson.ToLine(added),
            ConstraintWithdrawn withdrawn => RecordJson.ToLine(withdrawn),
            MemoryChanged changed => RecordJson.ToLine(changed),
            ArtefactMade made => RecordJson.ToLine(made),
            ExchangesRecalled recalled => RecordJson.ToLine(recalled),
            TurnBegun begun => RecordJson.ToLine(begun),
            TurnCheckpointed checkpointed => RecordJson.ToLine(checkpointed),
            TurnCommitted committed => RecordJson.ToLine(committed),
            TurnInterrupted interrupted => RecordJson.ToLine(interrupted),
            TurnAcknowledged acknowledged => RecordJson.ToLine(acknowledged),
            TurnEdited edited => RecordJson.ToLine(edited),
            TurnRolledBack rolledBack => RecordJson.ToLine(rolledBack),
            ContextCompressed compressed => RecordJson.ToLine(compressed),
            BudgetTripped tripped => RecordJson.ToLine(tripped),
            _ => throw new ArgumentOutOfRangeException(nameof(happened)),
        };

    /// <summary>Reads an event.</summary>
    /// <param name="kind">The name of its kind.</param>
    /// <param name="json">Its fields.</param>
    /// <exception cref="MttException">It is no event that this version knows.</exception>
    public static SessionEvent Read(string kind, ReadOnlySpan<byte> json)
    {
        if (!_readers.TryGetValue(kind, out Reader? reader))
        {
            throw new MttException(
                $"the log has an event '{Printable.Line(kind)}' that this version of mtt does not know",
                "It was written by a newer mtt: use that one."
            );
        }

        try
        {
            return reader(json);
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"the log has a damaged event of kind '{kind}': {problem.Message}",
                "Restore the store from a backup.",
                problem
            );
        }
    }

    /// <summary>The turn that begins with an event; null for none.</summary>
    internal static string? TurnBegunBy(SessionEvent happened) =>
        happened switch
        {
            TurnBegun begun => begun.Turn,
            TurnEdited edited => edited.Turn,
            _ => null,
        };

    private static string Name<T>() => NameOf(typeof(T));

    private static string NameOf(Type type) => Naming.SnakeCase(type.Name);
}
