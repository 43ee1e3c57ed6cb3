namespace MultiTurnTrainer.Inference.Local;

/// <summary>Sums over scored rows.</summary>
public sealed class ScoreTotals
{
    private long _tokens;
    private long _supervised;
    private double _loss;

    /// <summary>Rows scored.</summary>
    public long Rows { get; private set; }

    /// <summary>The sums in one line.</summary>
    public string Text
    {
        get
        {
            double mean = _supervised == 0 ? 0 : _loss / _supervised;
            return Invariant(
                $"{Counted.Of(Rows, "row")}, {Counted.Of(_tokens, "token")}, {_supervised:N0} supervised, loss {mean:F6}, perplexity {Math.Exp(mean):F4}"
            );
        }
    }

    internal void Add(Score score)
    {
        Rows++;
        _tokens += score.LogProbs.Length;
        _supervised += score.SupervisedTokens;
        _loss += score.Loss * score.SupervisedTokens;
    }
}
