namespace MultiTurnTrainer.Datasets.Packing;

/// <summary>
/// Lays rows into packs: longest first, each into the pack where the least room stays (best-fit decreasing, at most
/// 11/9 of the optimum plus 4 packs; Johnson 1973). Rows of equal length are taken in an order that the seed decides.
/// </summary>
public static class BestFitDecreasing
{
    /// <summary>Plans the packs.</summary>
    /// <param name="lengths">Tokens per row, at least 1.</param>
    /// <param name="capacity">Tokens per pack.</param>
    /// <param name="seed">Decides between rows of equal length.</param>
    /// <exception cref="MttException">A row is longer than a pack.</exception>
    public static PackingPlan Plan(IReadOnlyList<int> lengths, int capacity, long seed)
    {
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        new SeededRandom(seed, stream: 0x9ACC).Shuffle<int>(order);
        int[] keys = [.. order.Select(row => -lengths[row])];
        order = [.. order.Zip(keys).OrderBy(pair => pair.Second).Select(pair => pair.First)];

        OpenPacks open = new(capacity);
        List<List<int>> packs = [];
        long tokens = 0;
        foreach (int row in order)
        {
            int length = lengths[row];
            if (length > capacity)
            {
                throw new MttException(
                    $"row {row} has {Counted.Of(length, "token")}, a pack holds {capacity}",
                    "Raise train.max_length, or truncate with a context policy when making the rows."
                );
            }

            tokens += length;
            if (!open.TryTake(length, out int pack, out int room))
            {
                (pack, room) = (packs.Count, capacity);
                packs.Add([]);
            }

            packs[pack].Add(row);
            open.Put(pack, room - length);
        }

        packs.ForEach(pack => pack.Sort());
        return new PackingPlan(capacity, [.. packs.OrderBy(pack => pack[0]).Select(pack => pack.ToArray())], tokens);
    }

    /// <summary>Packs by the room left in them, with a bit per non-empty room so that the tightest fit is found fast.</summary>
    private sealed class OpenPacks(int capacity)
    {
        private readonly Stack<int>?[] _byRoom = new Stack<int>?[capacity + 1];
        private readonly ulong[] _used = new ulong[(capacity / 64) + 1];

        public void Put(int pack, int room)
        {
            (_byRoom[room] ??= []).Push(pack);
            _used[room >> 6] |= 1UL << (room & 63);
        }

        public bool TryTake(int length, out int pack, out int room)
        {
            int word = length >> 6;
            ulong bits = _used[word] & (ulong.MaxValue << (length & 63));
            while (bits == 0 && ++word < _used.Length)
            {
                bits = _used[word];
            }

            if (bits == 0)
            {
                (pack, room) = (-1, -1);
                return false;
            }

            room = (word << 6) + BitOperations.TrailingZeroCount(bits);
            Stack<int> packs = _byRoom[room]!;
            pack = packs.Pop();
            if (packs.Count == 0)
            {
                _used[room >> 6] &= ~(1UL << (room & 63));
            }

            return true;
        }
    }
}
