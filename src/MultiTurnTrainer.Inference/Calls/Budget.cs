using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>Counts what a run spends and forbids requests past a limit.</summary>
internal sealed class Budget(
    BudgetSettings limits,
    IReadOnlyDictionary<string, PriceSettings> prices,
    TimeProvider time
)
{
    private readonly Lock _lock = new();
    private readonly long _started = time.GetTimestamp();
    private Spending _spent = Spending.None;

    /// <summary>What was spent so far, earlier parts of the run included.</summary>
    public Spending Spent
    {
        get
        {
            lock (_lock)
            {
                return _spent;
            }
        }
    }

    /// <summary>Counts one request about to be sent.</summary>
    /// <exception cref="BudgetReachedException">A limit is reached; the request must not be sent.</exception>
    public void Reserve()
    {
        lock (_lock)
        {
            if (Reached() is { } limit)
            {
                throw new BudgetReachedException(limit);
            }

            _spent = _spent with { Requests = _spent.Requests + 1 };
        }
    }

    /// <summary>Counts a reply.</summary>
    public void Add(string model, ChatReply reply)
    {
        lock (_lock)
        {
            _spent = _spent with
            {
                Calls = _spent.Calls + 1,
                PromptTokens = _spent.PromptTokens + reply.PromptTokens,
                CompletionTokens = _spent.CompletionTokens + reply.CompletionTokens,
                Money = _spent.Money + Cost(prices, model, reply.PromptTokens, reply.CompletionTokens),
            };
        }
    }

    /// <summary>Counts what a journal says an earlier part of the run spent.</summary>
    public void Restore(CallRecord record)
    {
        lock (_lock)
        {
            _spent = _spent with { Requests = _spent.Requests + record.Requests };
        }

        // A reply from the cache cost nothing.
        if (record is { Reply: { } reply, Requests: > 0 })
        {
            Add(record.Model, reply);
        }
    }

    /// <summary>Refuses a limit of money that nothing would ever reach: each model of a server needs a price.</summary>
    /// <param name="settings">Limit and prices.</param>
    /// <param name="models">The models that the roles name; local folders cost nothing.</param>
    public static void RequirePrices(RunSettings settings, IEnumerable<string?> models)
    {
        if (
            settings.Budget.Money is not null
            && models.FirstOrDefault(model =>
                model is not null && !Directory.Exists(model) && !settings.Prices.ContainsKey(model)
            )
                is { } unpriced
        )
        {
            throw new MttException(
                $"the budget is money, and '{unpriced}' has no price",
                $"Write prices: {{ {unpriced}: {{ input: 2.5, output: 10 }} }} beside the budget, per million tokens."
            );
        }
    }

    /// <summary>The price of some tokens.</summary>
    public static double Cost(
        IReadOnlyDictionary<string, PriceSettings> prices,
        string model,
        long promptTokens,
        long completionTokens
    ) =>
        prices.TryGetValue(model, out PriceSettings? price)
            ? ((promptTokens * price.Input) + (completionTokens * price.Output)) / 1e6
            : 0;

    private string? Reached()
    {
        string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
        return limits switch
        {
            { Requests: { } requests } when _spent.Requests >= requests => Counted.Of(requests, "request"),
            { Tokens: { } tokens } when _spent.Tokens >= tokens => Counted.Of(tokens, "token"),
            { Money: { } money } when _spent.Money >= money => $"{Text(money)} spent",
            { Minutes: { } minutes } when time.GetElapsedTime(_started).TotalMinutes >= minutes =>
                $"{Text(minutes)} minutes",
            _ => null,
        };
    }
}
