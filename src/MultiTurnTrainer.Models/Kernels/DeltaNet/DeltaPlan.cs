// Shapes: s tokens, b sequences, t tokens that the convolution sees, n chunks, l tokens of a chunk.

namespace MultiTurnTrainer.Models.Kernels.DeltaNet;

/// <summary>
/// Sequences cut into chunks, each from its own beginning, so that no state passes from one to the next. The first chunks of all
/// sequences come first, then the second ones, the longest sequence leading: those that go on are always a prefix.
/// </summary>
internal sealed class DeltaPlan : IDisposable
{
    private const int MostTokens = 64;
    private readonly int[] _lengths;
    private readonly int[] _order;

    public DeltaPlan(IReadOnlyList<int> lengths, Device device)
    {
        _lengths = [.. lengths];
        Device = device;
        _order = [.. Enumerable.Range(0, _lengths.Length).OrderByDescending(i => _lengths[i])];
        ChunkTokens = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(MostTokens, _lengths.Max()));
        int steps = CountChunks(_order[0]);
        Active = [.. Enumerable.Range(0, steps).Select(step => _lengths.Count(length => length > step * ChunkTokens))];
        (Slots, Places) = MakeSlots();
        Order = Upload(_order);
        int[] back = new int[_order.Length];
        for (int i = 0; i < _order.Length; i++)
        {
            back[_order[i]] = i;
        }

        Back = Upload(back);
    }

    public Device Device { get; }

    /// <summary>l, a power of two.</summary>
    public int ChunkTokens { get; }

    /// <summary>For every step along the sequences, how many of them still go on.</summary>
    public IReadOnlyList<int> Active { get; }

    /// <summary>For every place of every chunk its token; s where the place is empty, [n l].</summary>
    public Tensor Slots { get; }

    /// <summary>Where each token went, [s].</summary>
    public Tensor Places { get; }

    /// <summary>The sequences from the longest, [b].</summary>
    public Tensor Order { get; }

    /// <summary>Where each sequence stands in <see cref="Order"/>, [b].</summary>
    public Tensor Back { get; }

    /// <summary>For each token the row of (tokens; tails) that stands some tokens before it: [s].</summary>
    /// <param name="distance">How many tokens before.</param>
    /// <param name="tail">Rows of a sequence's tail.</param>
    public Tensor Before(int distance, int tail)
    {
        int[] rows = new int[_lengths.Sum()];
        int start = 0;
        for (int sequence = 0; sequence < _lengths.Length; start += _lengths[sequence++])
        {
            for (int i = 0; i < _lengths[sequence]; i++)
            {
                rows[start + i] = Row(sequence, start, i - distance, tail);
            }
        }

        return Upload(rows);
    }

    /// <summary>For each sequence the rows of (tokens; tails) that are its newest tail: [b (t − 1)].</summary>
    public Tensor Tails(int tail)
    {
        List<int> rows = [];
        int start = 0;
        for (int sequence = 0; sequence < _lengths.Length; start += _lengths[sequence++])
        {
            int first = _lengths[sequence] - tail;
            int own = start;
            int number = sequence;
            rows.AddRange(Enumerable.Range(first, tail).Select(i => Row(number, own, i, tail)));
        }

        return Upload([.. rows]);
    }

    public void Dispose()
    {
        Slots.Dispose();
        Places.Dispose();
        Order.Dispose();
        Back.Dispose();
    }

    // Token i of a sequence, or what its tail has of the tokens before it.
    private int Row(int sequence, int start, int i, int tail) =>
        i >= 0 ? start + i : _lengths.Sum() + (sequence * tail) + tail + i;

    private int CountChunks(int sequence) => (_lengths[sequence] + ChunkTokens - 1) / ChunkTokens;

    private (Tensor Slots, Tensor Places) MakeSlots()
    {
        int[] starts = new int[_lengths.Length];
        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + _lengths[i - 1];
        }

        int tokens = _lengths.Sum();
        int[] slots = new int[Active.Sum() * ChunkTokens];
        int[] places = new int[tokens];
        Array.Fill(slots, tokens);
        int chunk = 0;
        for (int step = 0; step < Active.Count; step++)
        {
            for (int rank = 0; rank < Active[step]; rank++, chunk++)
            {
                int sequence = _order[rank];
                int first = step * ChunkTokens;
                for (int i = 0; i < Math.Min(ChunkTokens, _lengths[sequence] - first); i++)
                {
                    int token = starts[sequence] + first + i;
                    slots[(chunk * ChunkTokens) + i] = token;
                    places[token] = (chunk * ChunkTokens) + i;
                }
            }
        }

        return (Upload(slots), Upload(places));
    }

    private Tensor Upload(int[] values) =>
        tensor(Array.ConvertAll(values, i => (long)i)).to(Device).DetachFromDisposeScope();
}
