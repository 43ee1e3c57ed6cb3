using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>
/// Decides which of the good rows stay: the first of equal ones, the longest of those that continue one another, the first
/// of nearly equal ones. Looks at all rows in their order, so that every shard decides alike.
/// </summary>
internal sealed class RowChoice(PrepareOptions options)
{
    private const int Slots = 1 << 27;
    private const long NearTriples = 1 << 29;

    private readonly HashTable64 _beginnings = new(Slots);
    private readonly HashTable64 _rows = new(Slots);
    private readonly NearIndex? _near = options.NearDuplicates is { } threshold
        ? new NearIndex(NearTriples, threshold)
        : null;
    private readonly WordTriples _triples = new();
    private readonly List<string> _files = [];
    private int _file = -1;

    /// <summary>The hashes of the row judged last.</summary>
    public ConversationHash Hash { get; } = new();

    /// <summary>Whether there were more rows than can be told apart.</summary>
    public bool IsPartial => _beginnings.IsFull || _rows.IsFull || _near is { IsFull: true };

    /// <summary>Word triples by which near duplicates are judged; null where all of them are.</summary>
    public int? NearSample => _near is { IsSampled: true } ? _near.MostOfARow : null;

    /// <summary>First pass: remembers how every row begins.</summary>
    public void Remember(Row row)
    {
        if (!options.Deduplicate)
        {
            return;
        }

        Hash.Load(row);
        ushort file = Number(row.File);
        for (int i = 0; i + 1 < Hash.Count; i++)
        {
            _beginnings.FindOrAdd(Hash.After[i], file, row.Record.Line);
        }
    }

    /// <summary>Second pass: null when a row stays; otherwise why not, counted.</summary>
    public LeftOut? Judge(Row row, PreparedCounts counts)
    {
        Hash.Load(row);
        ushort file = Number(row.File);
        long line = row.Record.Line;
        if (options.Deduplicate && _rows.FindOrAdd(Hash.Whole, file, line) is { } equal)
        {
            counts.Duplicates++;
            return new LeftOut("duplicate", Place(equal.File, equal.Line));
        }

        if (options.Deduplicate && _beginnings.Find(Hash.Whole) is { } longer)
        {
            counts.Prefixes++;
            return new LeftOut("prefix", Place(longer.File, longer.Line));
        }

        if (_near is not null && Hash.IsWhole)
        {
            _triples.Load(row);
            if (_triples.IsUsable && _near.FindOrAdd(_triples.Hashes, file, line) is { } near)
            {
                counts.NearDuplicates++;
                return new LeftOut("near-duplicate", Place(near.File, near.Line));
            }
        }

        return null;
    }

    private ushort Number(string file)
    {
        if (_file < 0 || _files[_file] != file)
        {
            _file = _files.IndexOf(file);
            if (_file < 0)
            {
                _files.Add(file);
                _file = _files.Count - 1;
            }
        }

        // Sixteen bits name the file; beyond them the last stands for the rest.
        return (ushort)Math.Min(_file, ushort.MaxValue);
    }

    private string Place(ushort file, long line) => Invariant($"{_files[file]}:{line}");
}
