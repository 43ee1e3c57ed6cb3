// Folder Processes: several processes that train one model: who they are, what they tell each other, and when one is lost.
// Refuses to know: rows, models, losses, checkpoints.

namespace MultiTurnTrainer.Training.Processes;

/// <summary>
/// The processes of a run. All call the same methods in the same order; everything goes through the collectives of libtorch. One process
/// alone has none, and every method gives back what it was given.
/// </summary>
internal sealed class Ranks : IDisposable
{
    // The watch ends a process that waits for nothing.
    private static readonly TimeSpan _always = TimeSpan.FromDays(365);

    private readonly TcpStore? _store;
    private readonly RankNames? _names;
    private readonly RankWatch? _watch;
    private readonly CancellationTokenSource? _stop;
    private readonly GlooGroup? _group;

    private Ranks() { }

    private Ranks(TcpStore store, RankNames names, RankWatch watch, CancellationTokenSource stop)
    {
        GlooGroup? group = null;
        (_store, _names, _watch, _stop) = (store, names, watch, stop);
        Stop = stop.Token;
        _watch.Guard(() =>
            group = GlooGroup.Open(store, names.Key("gloo"), names.Rank, names.World, names.Interface, _always)
        );
        _group = group;
    }

    /// <summary>One process.</summary>
    public static Ranks Alone { get; } = new();

    /// <summary>This process, from 0.</summary>
    public int Rank => _names?.Rank ?? 0;

    /// <summary>How many there are.</summary>
    public int World => _names?.World ?? 1;

    /// <summary>Whether it is this process that writes.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>This process among those of its machine.</summary>
    public int LocalRank => _names?.LocalRank ?? 0;

    /// <summary>How many processes its machine has.</summary>
    public int LocalWorld => _names?.LocalWorld ?? 1;

    /// <summary>Cancelled when any of several processes was asked to stop.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Meets the other processes, and makes sure that they are about to do the same.</summary>
    /// <param name="place">This process.</param>
    /// <param name="identity">What must be the same in all of them, by name.</param>
    /// <param name="limit">How long one may be silent before it counts as lost; twice that, how long they wait for each other here.</param>
    /// <param name="lost">Ends this process when another is lost, or (null) has stopped on request, from another thread than the one that trains.</param>
    /// <param name="stop">Asks this process to stop.</param>
    /// <exception cref="MttException">One is missing, or is about to do something else.</exception>
    public static Ranks Join(
        LaunchPlace place,
        IReadOnlyDictionary<string, string> identity,
        TimeSpan limit,
        Action<MttException?> lost,
        CancellationToken stop
    )
    {
        TcpStore store = RankMeeting.Open(place, place.Rank == 0 && !place.HasAgent, limit + limit);
        RankNames names = new(place, new RankMeeting(store, place, limit + limit).Meet(identity));
        TcpStore watched = RankMeeting.Open(place, serves: false, limit);
        store.Limit(_always);
        CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(stop);
        return new Ranks(store, names, new RankWatch(watched, names, limit, lost, any), any);
    }

    /// <summary>Everyone's bytes, by rank.</summary>
    public byte[][] Gather(byte[] own)
    {
        if (_store is null)
        {
            return [own];
        }

        // Where each process adds to zeros of the others, a sum lays all one after the other.
        using DisposeScope scope = NewDisposeScope();
        long[] lengths = new long[World];
        lengths[Rank] = own.Length;
        Tensor counts = tensor(lengths);
        Sum(counts);
        lengths = counts.data<long>().ToArray();
        int[] begins = [.. lengths.Select((_, rank) => (int)lengths[..rank].Sum())];
        byte[] bytes = new byte[lengths.Sum()];
        if (bytes.Length > 0)
        {
            own.CopyTo(bytes, begins[Rank]);
            Tensor all = tensor(bytes);
            Sum(all);
            bytes = all.data<byte>().ToArray();
        }

        return [.. begins.Zip(lengths, (begin, length) => bytes.AsSpan(begin, (int)length).ToArray())];
    }

    /// <summary>Rank 0's bytes.</summary>
    public byte[] Share(Func<byte[]> own) => Gather(IsFirst ? own() : [])[0];

    /// <summary>Rank 0's number, for what may differ by its last bit.</summary>
    public double Share(double own)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor value = tensor(own, dtype: ScalarType.Float64);
        Copy(value);
        return value.item<double>();
    }

    /// <summary>Adds the tensors of all processes; each has the same sum then.</summary>
    public void Sum(Tensor tensor) => Collect(tensor, (group, own) => group.AllReduce(own));

    /// <summary>Gives each process rank 0's tensor.</summary>
    public void Copy(Tensor tensor) => Collect(tensor, (group, own) => group.Broadcast(own));

    /// <summary>The parts of some work that are this process': each goes to the process that has the least so far, the largest first.</summary>
    /// <param name="costs">What each part costs.</param>
    public IEnumerable<int> Deal(IReadOnlyList<double> costs)
    {
        double[] loads = new double[World];
        List<int> own = [];
        foreach (int part in Enumerable.Range(0, costs.Count).OrderByDescending(part => costs[part]))
        {
            int rank = Array.IndexOf(loads, loads.Min());
            // What costs nothing that is known is dealt in turn.
            loads[rank] += costs[part] + 1;
            if (rank == Rank)
            {
                own.Add(part);
            }
        }

        return own.Order();
    }

    /// <summary>Runs something in rank 0 before the others, which may read what it wrote.</summary>
    public T First<T>(Func<T> make)
    {
        T? made = IsFirst ? make() : default;
        Gather([]);
        return IsFirst ? made! : make();
    }

    /// <summary>Tells the others why this process ends before the run does; they end too.</summary>
    public void Report(string reason)
    {
        _watch!.Dispose();
        try
        {
            _store!.Set(_names!.Key(RankNames.Verdict), Encoding.UTF8.GetBytes($"{_names[Rank]} ended: {reason}"));
            if (IsFirst)
            {
                // The store ends with this process: the others must have read it.
                Thread.Sleep(RankWatch.Farewell);
            }
        }
        catch (ExternalException)
        {
            // Nobody is there to be told.
        }
    }

    /// <summary>Ends together with the others, after the last of their common work.</summary>
    public void Leave()
    {
        Gather([]);
        _watch!.Dispose();
        _store!.Set(_names!.Key($"left/{Rank}"), []);
        if (IsFirst)
        {
            // The store ends with this process.
            Array.ForEach([.. Enumerable.Range(0, World)], rank => _store.Get(_names.Key($"left/{rank}")));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch?.Dispose();
        _group?.Dispose();
        _store?.Dispose();
        _stop?.Dispose();
    }

    private void Collect(Tensor tensor, Action<GlooGroup, Tensor> collective)
    {
        if (_watch is not null)
        {
            using IDisposable quiet = no_grad();
            _watch.Guard(() => collective(_group!, tensor));
        }
    }
}
