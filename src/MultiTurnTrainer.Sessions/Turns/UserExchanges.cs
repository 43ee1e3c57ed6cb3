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
/// <param name="log">The sessions.</param>
public sealed class UserExchanges(SessionLog log)
{
    // The ones that were changed last: each costs a read.
    private const int MostSessions = 20;

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
        SessionState whole = await log.LoadAsync(session.Key, cancellation).ConfigureAwait(false);
        // A fork has its parent's words itself.
        HashSet<string> known = [.. Exchanges(whole).Select(own => own.Text)];
        foreach (SessionState other in await OthersAsync(session, user, cancellation).ConfigureAwait(false))
        {
            foreach (Exchange exchange in Exchanges(other).Where(exchange => known.Add(exchange.Text)))
            {
                search.Add(exchange with { Messages = [], Session = other.Id });
            }
        }

        int turn = session.NextTurnNumber;
        Exchange[] found = [.. search.Find(question, _ => true).Take(policy.Exchanges)];
        return found.Length > 0 || session.Recalled.Exists(recalled => recalled.For == turn)
            ? new ExchangesRecalled(turn, found)
            : null;
    }

    /// <summary>The sessions that are searched, the oldest first.</summary>
    private async Task<IReadOnlyList<SessionState>> OthersAsync(
        SessionState session,
        string user,
        CancellationToken cancellation
    )
    {
        SessionQuery query = new() { Tenant = session.Key.Tenant, User = user };
        List<SessionState> others = [];
        await foreach (
            SessionHeader header in log
                .Store.ListAsync(query, cancellation)
                .Where(header => header.Key != session.Key && !UserMemory.IsMemory(header.Id))
                .Take(MostSessions)
                .ConfigureAwait(false)
        )
        {
            try
            {
                SessionState other = await log.LoadAsync(header.Key, cancellation).ConfigureAwait(false);
                if (other.SharesMemory)
                {
                    others.Add(other);
                }
            }
            catch (Exception problem) when (problem is SessionNotFoundException or MttException { IsPassing: false })
            {
                // Erased in the meantime, or not to be read: one such session is in no other's way.
            }
        }

        others.Reverse();
        return others;
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
}
