using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>What comes back for a turn's words: exchanges that have left and stand nowhere in the prompt, and those of the user's other sessions.</summary>
internal sealed class RetrievedExchanges(
    RetrievalPolicy policy,
    ContextInputs inputs,
    ITokenCounter counter,
    MessageLog log,
    ArtefactDesk desk
)
{
    private readonly ExchangeSearch _search = new(policy, inputs.Artefacts)
    {
        Used = (request, made) => desk.Note(request, made, made.Error),
    };

    /// <summary>How many of the newest turn fit its words and are too long to come back.</summary>
    public int TooLong { get; private set; }

    /// <summary>The items to put before the words of the newest turn, the earliest first.</summary>
    /// <param name="firstTurn">The first turn that is in the prompt.</param>
    /// <param name="room">Tokens that they may have at most.</param>
    public IReadOnlyList<PlanItem> Find(int firstTurn, int room)
    {
        using Activity? span = ContextTelemetry.Source.StartActivity("context.retrieve");
        int turn = log.Turns.Count - 1;
        while (_search.Exchanges.Count < turn)
        {
            _search.Add(ExchangeOf(_search.Exchanges.Count));
        }

        int left = Math.Min(policy.MaxTokens, room);
        TooLong = 0;
        List<(Exchange Exchange, PlanItem Item)> items = [];
        foreach (Exchange exchange in Fitting(turn, firstTurn))
        {
            if (items.Count == policy.Exchanges)
            {
                break;
            }

            PlanItem item = Item(exchange);
            bool fits = item.Tokens <= left;
            TooLong += fits ? 0 : 1;
            if (fits)
            {
                left -= item.Tokens;
                items.Add((exchange, item));
            }
        }

        span?.SetTag("context.retrieved", items.Count);
        return
        [
            .. items
                .OrderBy(pair => pair.Exchange.Session is null)
                .ThenBy(pair => pair.Exchange.Turn)
                .Select(pair => pair.Item),
        ];
    }

    // What another session was searched for comes first: it is in the record and was chosen for these words.
    private IEnumerable<Exchange> Fitting(int turn, int firstTurn)
    {
        HashSet<int> standing = [.. Standing(firstTurn)];
        return inputs
            .Recalled.Where(recalled => recalled.For == turn)
            .Select(recalled => recalled.Exchange)
            .Concat(
                _search.Find(
                    Question(turn),
                    exchange => exchange.Turn < firstTurn && !standing.Contains(exchange.Messages[0])
                )
            );
    }

    private PlanItem Item(Exchange exchange)
    {
        string text = exchange.Shown();
        string reason = exchange.Session is null
            ? "left the window and fits these words"
            : "from another session of this user, fits these words";
        return new PlanItem(ItemKind.Retrieved, exchange.Messages, counter.Count($"{text}\n\n"), reason, text);
    }

    // The first message of each exchange that came back for a turn which is still in the prompt.
    private IEnumerable<int> Standing(int firstTurn)
    {
        for (int i = log.Turns[firstTurn].First; i < log.Entries.Count; i++)
        {
            foreach (PlanItem item in log.Entries[i].Retrieved.Where(item => item.Sources.Count > 0))
            {
                yield return item.Sources[0];
            }
        }
    }

    private string Question(int turn) =>
        string.Join(
            '\n',
            EntriesOf(turn).Where(entry => entry.Message.Role == Role.User).Select(entry => entry.Message.Content ?? "")
        );

    private Exchange ExchangeOf(int turn)
    {
        int first = log.Turns[turn].First;
        return Exchange.Of(turn, first, EntriesOf(turn).Select(entry => entry.Message), inputs.TimeOf(first));
    }

    private IEnumerable<Entry> EntriesOf(int turn)
    {
        TurnSpan span = log.Turns[turn];
        return Enumerable.Range(span.First, span.End - span.First).Select(i => log.Entries[i]);
    }
}
