namespace MultiTurnTrainer.Training.Metrics;

/// <summary>Means over the answers that were compared, in a step or in one exchange; null where there are none.</summary>
/// <param name="Count">Pairs, or labelled rows, that were counted.</param>
/// <param name="Loss">The loss of a pair or row, without the SFT term; of an exchange, as if it were all there is.</param>
/// <param name="RewardsChosen">β·(log π − log ρ) of the chosen, or desirable, side.</param>
/// <param name="RewardsRejected">The same of the other side.</param>
/// <param name="RewardsMargins">The first minus the second.</param>
/// <param name="RewardsAccuracies">Share of pairs whose chosen side has the higher reward; of labelled rows, whose reward has the label's sign.</param>
/// <param name="LogpsChosen">log π of the chosen side, nats.</param>
/// <param name="LogpsRejected">log π of the rejected side, nats.</param>
public sealed record PreferencePart(
    long Count,
    double? Loss,
    double? RewardsChosen,
    double? RewardsRejected,
    double? RewardsMargins,
    double? RewardsAccuracies,
    double? LogpsChosen,
    double? LogpsRejected
);

/// <summary>What a step measured of its preferences; one line of <c>preferences.jsonl</c>.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="All">Over all answers after the fork.</param>
/// <param name="ByTurn">By number of the exchange in the conversation, from 1.</param>
public sealed record PreferenceMetrics(int Step, PreferencePart All, IReadOnlyDictionary<int, PreferencePart> ByTurn);

/// <summary>Sums of rewards, over everything and by exchange.</summary>
internal sealed class PreferenceTally
{
    private readonly Sums _all = new();
    private readonly SortedDictionary<int, Sums> _turns = [];

    /// <summary>Adds a pair.</summary>
    /// <param name="turn">The exchange; null for the whole pair.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="chosen">Reward and log π.</param>
    /// <param name="rejected">Reward and log π.</param>
    public void AddPair(
        int? turn,
        double loss,
        (double Reward, double Log) chosen,
        (double Reward, double Log) rejected
    )
    {
        Sums sums = Find(turn);
        sums.Count++;
        sums.Loss += loss;
        sums.Hits += chosen.Reward > rejected.Reward ? 1 : 0;
        sums.Chosen.Add(chosen);
        sums.Rejected.Add(rejected);
    }

    /// <summary>Adds a labelled row.</summary>
    public void AddRow(int? turn, double loss, bool isDesirable, (double Reward, double Log) row)
    {
        Sums sums = Find(turn);
        sums.Count++;
        sums.Loss += loss;
        sums.Hits += (isDesirable ? row.Reward : -row.Reward) > 0 ? 1 : 0;
        (isDesirable ? sums.Chosen : sums.Rejected).Add(row);
    }

    /// <summary>The means over what several micro-batches counted.</summary>
    public static PreferenceMetrics Merge(int step, IEnumerable<PreferenceTally> parts)
    {
        PreferenceTally sum = new();
        foreach (PreferenceTally part in parts)
        {
            sum._all.Add(part._all);
            foreach ((int turn, Sums sums) in part._turns)
            {
                sum.Find(turn).Add(sums);
            }
        }

        return new(step, sum._all.GetMeans(), sum._turns.ToDictionary(turn => turn.Key, turn => turn.Value.GetMeans()));
    }

    /// <summary>Writes what was counted, for another process.</summary>
    public void Write(BinaryWriter writer)
    {
        _all.Write(writer);
        writer.Write(_turns.Count);
        foreach ((int turn, Sums sums) in _turns)
        {
            writer.Write(turn);
            sums.Write(writer);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static PreferenceTally Read(BinaryReader reader)
    {
        PreferenceTally tally = new();
        tally._all.Add(Sums.Read(reader));
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            tally.Find(reader.ReadInt32()).Add(Sums.Read(reader));
        }

        return tally;
    }

    private Sums Find(int? turn)
    {
        if (turn is not { } number)
        {
            return _all;
        }

        if (!_turns.TryGetValue(number, out Sums? sums))
        {
            _turns[number] = sums = new Sums();
        }

        return sums;
    }

    private sealed class Sums
    {
        public long Count { get; set; }

        public double Loss { get; set; }

        public long Hits { get; set; }

        public Side Chosen { get; private init; } = new();

        public Side Rejected { get; private init; } = new();

        public void Write(BinaryWriter writer)
        {
            writer.Write(Count);
            writer.Write(Loss);
            writer.Write(Hits);
            Chosen.Write(writer);
            Rejected.Write(writer);
        }

        public static Sums Read(BinaryReader reader) =>
            new()
            {
                Count = reader.ReadInt64(),
                Loss = reader.ReadDouble(),
                Hits = reader.ReadInt64(),
                Chosen = Side.Read(reader),
                Rejected = Side.Read(reader),
            };

        public void Add(Sums other)
        {
            Count += other.Count;
            Loss += other.Loss;
            Hits += other.Hits;
            Chosen.Add(other.Chosen);
            Rejected.Add(other.Rejected);
        }

        public PreferencePart GetMeans() =>
            new(
                Count,
                Count > 0 ? Loss / Count : null,
                Chosen.Mean(Chosen.Reward),
                Rejected.Mean(Rejected.Reward),
                Chosen.Mean(Chosen.Reward) - Rejected.Mean(Rejected.Reward),
                Count > 0 ? Hits / (double)Count : null,
                Chosen.Mean(Chosen.Log),
                Rejected.Mean(Rejected.Log)
            );
    }

    private sealed class Side
    {
        private long _count;

        public double Reward { get; private set; }

        public double Log { get; private set; }

        public void Write(BinaryWriter writer)
        {
            writer.Write(_count);
            writer.Write(Reward);
            writer.Write(Log);
        }

        public static Side Read(BinaryReader reader) =>
            new()
            {
                _count = reader.ReadInt64(),
                Reward = reader.ReadDouble(),
                Log = reader.ReadDouble(),
            };

        public void Add((double Reward, double Log) one)
        {
            _count++;
            Reward += one.Reward;
            Log += one.Log;
        }

        public void Add(Side other)
        {
            _count += other._count;
            Reward += other.Reward;
            Log += other.Log;
        }

        public double? Mean(double sum) => _count > 0 ? sum / _count : null;
    }
}
