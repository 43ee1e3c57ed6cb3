namespace MultiTurnTrainer.Conversations.Pairs;

/// <summary>Pairs by source and turn of the fork, and what gave none, by cause.</summary>
public sealed class PairCounts
{
    private readonly SortedDictionary<string, SortedDictionary<int, int>> _turns = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _left = new(StringComparer.Ordinal);

    /// <summary>All pairs.</summary>
    public int Pairs => _turns.Values.Sum(turns => turns.Values.Sum());

    /// <summary>Counts a pair.</summary>
    public void Add(AnswerPair pair)
    {
        if (!_turns.TryGetValue(pair.Source, out SortedDictionary<int, int>? turns))
        {
            _turns[pair.Source] = turns = [];
        }

        turns[pair.Turn] = turns.GetValueOrDefault(pair.Turn) + 1;
    }

    /// <summary>Counts a pair whose sides an earlier one has the other way round; both stay.</summary>
    public void AddOpposed() => Opposed++;

    /// <summary>Pairs that prefer what an earlier one rejects.</summary>
    public int Opposed { get; private set; }

    /// <summary>Counts something that gave no pair.</summary>
    /// <param name="cause">Why, in words.</param>
    public void Skip(string cause) => _left[cause] = _left.GetValueOrDefault(cause) + 1;

    /// <summary>A line for each source, and one for each cause.</summary>
    public IEnumerable<string> Lines =>
        _turns
            .Select(source =>
                $"{source.Key, -10} {Counted.Of(source.Value.Values.Sum(), "pair")}, the sides fork at {string.Join(", ", source.Value.Select(turn => $"turn {turn.Key}: {turn.Value}"))}"
            )
            .Concat(_left.Select(cause => $"no pair    {cause.Key}: {cause.Value}"))
            .Concat(
                Opposed > 0
                    ?
                    [
                        $"opposed    {Counted.Of(Opposed, "pair")} with the sides of an earlier one the other way round; both are written",
                    ]
                    : []
            );

    /// <summary>Lays the counts over a manifest's.</summary>
    public void AddTo(JsonFields counts)
    {
        counts["pairs"] = Pairs;
        counts["by_source"] = _turns;
        counts["without_pair"] = _left;
        counts["opposed"] = Opposed;
    }
}
