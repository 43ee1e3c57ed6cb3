using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Retrieval;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Turns;

/// <summary>
/// Finds exchanges of the other sessions of a user, for sessions that share the user's memory and among those alone. What was found is an
/// event of the session it was found for, so that its own log says what its prompts held.
/// </summary>
public sealed class UserExchanges
{
    // The ones that were changed last.
    private const int MostSessions = 20;
    private const int MostLookedAt = 200;
    private const int MostKnown = 4096;

    private readonly SessionLog _log;
    private readonly ConcurrentDictionary<SessionKey, Known> _known = new();

    /// <summary>Over the sessions of a log.</summary>
    /// <param name="log">The sessions.</param>
    public UserExchanges(SessionLog log)
    {
        _log = log;
        log.Erased += session => _known.TryRemove(session, out _);
    }

    /// <summary>What the next turn of a session finds; null where that changes nothing.</summary>
    /// <param name="session">The session before the turn.</param>
    /// <param name="policy">How is searched; here by words, whatever the method.</param>
    /// <param name="added">The turn's messages, canonical objects.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<ExchangesRecalled?> FindAsync(
        SessionState session,
        RetrievalPolicy policy,
        IReadOnlyList<JsonView> added,
        CancellationToken cancellation = default
    )
    {
        string question = QuestionOf(added);
        if (session is not { SharesMemory: true, User: { } user } || question.Length == 0)
        {
            return null;
        }

        ExchangeSearch search = new(policy with { Method = RetrievalMethod.Bm25 }, null);
        SessionState whole = await _log.LoadAsync(session.Key, cancellation).ConfigureAwait(false);
        // A fork has its parent's words itself.
        HashSet<string> known = [.. Exchanges(whole).Select(own => own.Text)];
        foreach (Known other in await OthersAsync(session, user, cancellation).ConfigureAwait(false))
        {
            foreach (Exchange exchange in other.Exchanges!.Where(exchange => known.Add(exchange.Text)))
            {
                search.Add(exchange);
            }
        }

        int turn = session.NextTurnNumber;
        Exchange[] found = [.. search.Find(question, _ => true).Take(policy.Exchanges)];
        return found.Length > 0 || session.Recalled.Exists(recalled => recalled.For == turn)
            ? new ExchangesRecalled(turn, found)
            : null;
    }

    /// <summary>The sessions that are searched, the oldest first.</summary>
    private async Task<IReadOnlyList<Known>> OthersAsync(
        SessionState session,
        string user,
        CancellationToken cancellation
    )
    {
        SessionQuery query = new()
        {
            Tenant = session.Key.Tenant,
            User = user,
            Limit = MostLookedAt,
        };
        List<Known> others = [];
        await foreach (SessionHeader header in _log.Store.ListAsync(query, cancellation).ConfigureAwait(false))
        {
            if (
                header.Key != session.Key
                && !UserMemory.IsMemory(header.Id)
                && await KnownAsync(header, cancellation).ConfigureAwait(false) is { Exchanges: not null } other
            )
            {
                others.Add(other);
                if (others.Count == MostSessions)
                {
                    break;
                }
            }
        }

        others.Reverse();
        return others;
    }

    /// <summary>What a session holds; it is read again only where it has changed.</summary>
    private async Task<Known?> KnownAsync(SessionHeader header, CancellationToken cancellation)
    {
        if (_known.TryGetValue(header.Key, out Known? known) && known.Version == header.Version)
        {
            return known;
        }

        try
        {
            SessionState state = await _log.LoadAsync(header.Key, cancellation).ConfigureAwait(false);
            known = new Known(
                state.Version,
                state.SharesMemory
                    ? [.. Exchanges(state).Select(exchange => exchange with { Messages = [], Session = state.Id })]
                    : null
            );
        }
        catch (Exception problem) when (problem is SessionNotFoundException or MttException { IsPassing: false })
        {
            // Erased in the meantime, or not to be read: one such session is in no other's way.
            return null;
        }

        if (_known.Count >= MostKnown)
        {
            _known.Clear();
        }

        return _known[header.Key] = known;
    }

    private static IEnumerable<Exchange> Exchanges(SessionState state)
    {
        Conversation row = Conversation.FromJson(SessionRow.Of(state));
        return Exchange.AllOf(row.Messages, ContextInputs.Of(row).TimeOf);
    }

    private static string QuestionOf(IReadOnlyList<JsonView> added) =>
        string.Join(
            '\n',
            Conversation
                .FromJson(JsonText.ToView(new JsonFields { ["messages"] = added }))
                .Messages.Where(message => message.Role == Role.User)
                .Select(message => message.Content ?? "")
        );

    /// <summary>What was read of a session at a version; no exchanges where it does not share.</summary>
    private sealed record Known(long Version, IReadOnlyList<Exchange>? Exchanges);
}
