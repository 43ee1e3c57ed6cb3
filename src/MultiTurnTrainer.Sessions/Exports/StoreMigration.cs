using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Exports;

/// <summary>What a migration did.</summary>
/// <param name="Copied">Sessions that are new in the other store.</param>
/// <param name="Extended">Sessions of which the other store had the beginning.</param>
/// <param name="Equal">Sessions that were there already.</param>
/// <param name="Erased">Tombstones.</param>
/// <param name="Differing">Ids of sessions that the other store has with another history; they are left as they are.</param>
public sealed record MigrationCounts(int Copied, int Extended, int Equal, int Erased, IReadOnlyList<string> Differing);

/// <summary>
/// Copies all sessions of all tenants from one store into another, event by event with the same bytes, and reads each back. Run again,
/// it copies what has happened since.
/// </summary>
public static class StoreMigration
{
    private const int AtATime = 8;

    /// <summary>Copies.</summary>
    /// <param name="from">The one store; it may be in use.</param>
    /// <param name="to">The other.</param>
    /// <param name="cancellation">Stops between two sessions; what was copied is whole.</param>
    /// <exception cref="MttException">What was written is not what is read back.</exception>
    public static async Task<MigrationCounts> RunAsync(
        ISessionStore from,
        ISessionStore to,
        CancellationToken cancellation = default
    )
    {
        ConcurrentBag<(Outcome Outcome, string Id)> done = [];
        await Parallel
            .ForEachAsync(
                from.ListAsync(new SessionQuery { WithDeleted = true }, cancellation),
                new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellation },
                async (header, token) =>
                    done.Add((await CopyAsync(from, to, header, token).ConfigureAwait(false), header.Id))
            )
            .ConfigureAwait(false);
        int Count(Outcome wanted) => done.Count(one => one.Outcome == wanted);
        return new MigrationCounts(
            Count(Outcome.Copied),
            Count(Outcome.Extended),
            Count(Outcome.Equal),
            Count(Outcome.Erased),
            [.. done.Where(one => one.Outcome == Outcome.Differs).Select(one => one.Id).Order(StringComparer.Ordinal)]
        );
    }

    private enum Outcome
    {
        Copied,
        Extended,
        Equal,
        Erased,
        Differs,
    }

    private static async Task<Outcome> CopyAsync(
        ISessionStore from,
        ISessionStore to,
        SessionHeader header,
        CancellationToken cancellation
    )
    {
        SessionKey session = header.Key;
        SessionRead? source = await from.ReadAsync(session, cancellation: cancellation).ConfigureAwait(false);
        SessionRead? known = await to.ReadAsync(session, cancellation: cancellation).ConfigureAwait(false);
        if (source is null or { Header.IsDeleted: true })
        {
            return await EraseAsync(to, source?.Header ?? header, known, cancellation).ConfigureAwait(false);
        }

        if (known is { Header.IsDeleted: true } || !BeginsWith(source.Events, known?.Events ?? []))
        {
            return Outcome.Differs;
        }

        StoredEvent[] missing =
        [
            .. source.Events.Skip(known?.Events.Count ?? 0).Select(stored => stored with { Begins = TurnOf(stored) }),
        ];
        if (missing.Length == 0)
        {
            return Outcome.Equal;
        }

        bool isKept = known is null
            ? await to.CreateAsync(source.Header, missing, cancellation).ConfigureAwait(false)
            : await to.AppendAsync(source.Header, missing, cancellation).ConfigureAwait(false);
        if (!isKept)
        {
            return Outcome.Differs;
        }

        SessionRead? copy = await to.ReadAsync(session, cancellation: cancellation).ConfigureAwait(false);
        return copy is not null && BeginsWith(copy.Events, source.Events)
            ? known is null
                ? Outcome.Copied
                : Outcome.Extended
            : throw new MttException(
                $"{to.Place}: session {session.Id} does not read back as it was written",
                "Do not use that store; please report this."
            );
    }

    // What was erased stays erased: its log cannot be brought in again there either.
    private static async Task<Outcome> EraseAsync(
        ISessionStore to,
        SessionHeader tombstone,
        SessionRead? known,
        CancellationToken cancellation
    )
    {
        if (known is null)
        {
            await to.CreateAsync(tombstone with { IsDeleted = false }, [], cancellation).ConfigureAwait(false);
        }

        await to.DeleteAsync(tombstone.Key, tombstone.UpdatedAt, cancellation).ConfigureAwait(false);
        return Outcome.Erased;
    }

    private static bool BeginsWith(IReadOnlyList<StoredEvent> events, IReadOnlyList<StoredEvent> first) =>
        events.Count >= first.Count
        && first
            .Zip(events)
            .All(pair =>
                pair.First.Version == pair.Second.Version
                && pair.First.At == pair.Second.At
                && pair.First.Kind == pair.Second.Kind
                && pair.First.Data.Span.SequenceEqual(pair.Second.Data.Span)
                && pair.First.Vector.Span.SequenceEqual(pair.Second.Vector.Span)
            );

    private static string? TurnOf(StoredEvent stored) =>
        EventJson.TurnBegunBy(EventJson.Read(stored.Kind, stored.Data.Span));
}
