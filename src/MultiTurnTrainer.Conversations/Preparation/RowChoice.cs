using MultiTurnTrainer.Conversations.Duplicates;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Preparation;

/// <summary>
/// Decides which of the good rows stay: the first of equal ones, the longest of those that continue one another, the first
/// of nearly equal ones. Looks at all rows in their order, so that every shard decides alike.
/// </summary>
internal sealed class RowChoice(PrepareOptions options)
{
    private const int Slots = 1 << 27;
    private const int NearRows = 1 << 23;

    private readonly HashTable64 _beginnings = new(Slots);
    private readonly HashTable64 _rows = new(Slots);
    private readonly NearIndex _near = new(NearRows, options.NearDuplicates ?? 1);
    private readonly MinHash _minHash = new();

    /// <summary>The hashes of the row judged last.</summary>
    public ConversationHash Hash { get; } = new();

    /// <summary>Whether there were more rows than can be told apart.</summary>
    public bool IsPartial => _beginnings.IsFull || _rows.IsFull || (options.NearDuplicates is not null && _near.IsFull);

    /// <summary>First pass: remembers how every row begins.</summary>
    public void Remember(Row row)
    {
        if (!options.Deduplicate)
        {
            return;
        }

        Hash.Load(row);
        for (int i = 0; i + 1 < Hash.Count; i++)
        {
            _beginnings.FindOrAdd(Hash.After[i], 0, 0);
        }
    }

    /// <summary>Second pass: whether a row stays; the counts say why not.</summary>
    public bool Keeps(Row row, PreparedCounts counts)
    {
        Hash.Load(row);
        if (options.Deduplicate && _rows.FindOrAdd(Hash.Whole, 0, 0) is not null)
        {
            counts.Duplicates++;
            return false;
        }

        if (options.Deduplicate && _beginnings.Find(Hash.Whole) is not null)
        {
            counts.Prefixes++;
            return false;
        }

        if (options.NearDuplicates is not null)
        {
            _minHash.Load(row);
            if (_minHash.IsUsable && _near.FindOrAdd(_minHash, 0, 0) is not null)
            {
                counts.NearDuplicates++;
                return false;
            }
        }

        return true;
    }
}
