namespace MultiTurnTrainer.Training.Metrics;

/// <summary>The sums of an evaluation: over all labelled tokens, and by turn, role and part of the message.</summary>
internal sealed class LossSums
{
    private readonly LossParts<int> _turns = new();
    private readonly LossParts<string> _roles = new();
    private readonly LossParts<string> _fields = new();
    private double _sum;
    private long _tokens;

    /// <summary>Labels that were the most likely token.</summary>
    public long Hits { get; set; }

    /// <summary>Adds one token.</summary>
    /// <param name="loss">Its loss, nats.</param>
    /// <param name="span">The message that it belongs to; null where rows do not say.</param>
    public void Add(double loss, SupervisedSpan? span)
    {
        _sum += loss;
        _tokens++;
        if (span is not null)
        {
            _turns.Add(span.Turn, loss);
            _roles.Add(span.Role, loss);
            _fields.Add(span.Field, loss);
        }
    }

    /// <summary>The means.</summary>
    /// <param name="step">The steps done.</param>
    /// <param name="best">The loss below which this is the best; null where there was none before.</param>
    public EvaluationMetrics GetMeans(int step, double? best)
    {
        double mean = _sum / Math.Max(1, _tokens);
        return new EvaluationMetrics(
            step,
            mean,
            Hits / (double)Math.Max(1, _tokens),
            _tokens,
            _turns.GetMeans(),
            _roles.GetMeans(),
            _fields.GetMeans(),
            Best: best is null || mean < best
        );
    }

    /// <summary>Writes the sums, for another process.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(_sum);
        writer.Write(_tokens);
        writer.Write(Hits);
        _turns.Write(writer, writer.Write);
        _roles.Write(writer, writer.Write);
        _fields.Write(writer, writer.Write);
    }

    /// <summary>Adds what <see cref="Write"/> wrote.</summary>
    public void Read(BinaryReader reader)
    {
        _sum += reader.ReadDouble();
        _tokens += reader.ReadInt64();
        Hits += reader.ReadInt64();
        _turns.Read(reader, reader.ReadInt32);
        _roles.Read(reader, reader.ReadString);
        _fields.Read(reader, reader.ReadString);
    }
}
