// Folder Duplicates: rows that are alike: equal, near, sharing an answer's beginning.
// Refuses to know: other rules, outputs.
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>How far duplicates are searched.</summary>
public enum DuplicateMode
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Equal conversations and ids.</summary>
    Exact,

    /// <summary>Nearly equal ones and beginnings of others too.</summary>
    All,
}

/// <summary>
/// Looks every row up among the rows before it: equal, nearly equal, a beginning, the same id; and rows of the evaluation
/// files among the training rows. Memory has a ceiling, and a note says when it was reached.
/// </summary>
internal sealed class DuplicateSearch(DuplicateMode mode, double threshold, bool hasEvaluation)
{
    private const int ExactSlots = 1 << 22;
    private const int IdSlots = 1 << 21;
    private const long NearTriples = 1 << 27;

    private readonly HashTable64 _rows = new(ExactSlots);
    private readonly HashTable64 _prompts = new(ExactSlots);
    private readonly HashTable64 _beginnings = new(ExactSlots);
    private readonly HashTable64 _ids = new(IdSlots);
    private readonly NearIndex? _near = mode == DuplicateMode.All ? new NearIndex(NearTriples, threshold) : null;
    private readonly ConversationHash _hash = new();
    private readonly WordTriples _triples = new();
    private readonly List<(string Name, bool IsEvaluation)> _files = [];
    private bool _isEvaluation;
    private readonly Rule _duplicate = new Duplicate();
    private readonly Rule _nearDuplicate = new NearDuplicate();
    private readonly Rule _prefix = new ConversationPrefix();
    private readonly Rule _leakage = new Leakage();
    private readonly Rule _idRepeated = new IdRepeated();

    /// <summary>The searches that reached their ceiling, in words.</summary>
    public IEnumerable<string> Limits()
    {
        if (_rows.IsFull || _prompts.IsFull || _beginnings.IsFull || _near is { IsFull: true })
        {
            yield return Invariant($"duplicates were searched among the first {_rows.Count:N0} different rows only");
        }

        if (_near is { IsSampled: true })
        {
            yield return Invariant(
                $"near duplicates were judged by samples of {_near.MostOfARow:N0} word triples a conversation"
            );
        }

        if (_ids.IsFull)
        {
            yield return Invariant($"repeated ids were searched among the first {_ids.Count:N0} only");
        }
    }

    /// <summary>Starts on a file.</summary>
    public void BeginFile(string name, bool isEvaluation)
    {
        _isEvaluation = isEvaluation;
        // Sixteen bits name the file; beyond them the last stands for the rest.
        if (_files.Count < ushort.MaxValue)
        {
            _files.Add((name, isEvaluation));
        }
    }

    /// <summary>Looks a row up and remembers it.</summary>
    public void Check(Row row, FindingSink sink)
    {
        if (mode == DuplicateMode.None || row.Messages.IsEmpty)
        {
            return;
        }

        ushort file = (ushort)(_files.Count - 1);
        long line = row.Record.Line;
        CheckId(row, sink, file, line);
        _hash.Load(row);
        if (_rows.FindOrAdd(_hash.Whole, file, line) is { } equal)
        {
            if (IsLeak(equal.File))
            {
                sink.Add(
                    _leakage,
                    row,
                    0,
                    $"the conversation is in the training data, {Place(equal.File, equal.Line)}"
                );
            }
            else
            {
                sink.Add(
                    _duplicate,
                    row,
                    0,
                    $"the conversation is equal to the one at {Place(equal.File, equal.Line)}"
                );
            }

            return;
        }

        if (hasEvaluation && CheckPrompt(row, sink, file, line))
        {
            return;
        }

        if (_near is not null && _hash.IsWhole && !CheckBeginnings(row, sink, file, line))
        {
            CheckNear(_near, row, sink, file, line);
        }
    }

    private bool CheckPrompt(Row row, FindingSink sink, ushort file, long line)
    {
        if (_hash.Prompt == 0 || _prompts.FindOrAdd(_hash.Prompt, file, line) is not { } same || !IsLeak(same.File))
        {
            return false;
        }

        sink.Add(_leakage, row, 0, $"the prompt is in the training data, {Place(same.File, same.Line)}");
        return true;
    }

    private bool CheckBeginnings(Row row, FindingSink sink, ushort file, long line)
    {
        // This row is the beginning of an earlier one…
        if (_beginnings.Find(_hash.Whole) is { } longer)
        {
            string what = $"the conversation is the beginning of the one at {Place(longer.File, longer.Line)}";
            sink.Add(IsLeak(longer.File) ? _leakage : _prefix, row, 0, what);
            return true;
        }

        // …or an earlier one is the beginning of this row. Every beginning is remembered for the rows to come.
        (ushort File, long Line)? shorter = null;
        for (int i = 0; i + 1 < _hash.Count; i++)
        {
            shorter ??= i > 0 ? _rows.Find(_hash.After[i]) : null;
            _beginnings.FindOrAdd(_hash.After[i], file, line);
        }

        if (shorter is { } found)
        {
            string what = $"the conversation at {Place(found.File, found.Line)} is the beginning of this one";
            sink.Add(IsLeak(found.File) ? _leakage : _prefix, row, 0, what);
        }

        return shorter is not null;
    }

    private void CheckNear(NearIndex index, Row row, FindingSink sink, ushort file, long line)
    {
        _triples.Load(row);
        if (_triples.IsUsable && index.FindOrAdd(_triples.Hashes, file, line) is { } near)
        {
            string what = Invariant(
                $"the conversation is about {near.Similarity:P0} equal to the one at {Place(near.File, near.Line)}"
            );
            sink.Add(IsLeak(near.File) ? _leakage : _nearDuplicate, row, 0, what, severity: Severity.Warning);
        }
    }

    private void CheckId(Row row, FindingSink sink, ushort file, long line)
    {
        bool hasId = row.Id >= 0 && row.Tape[row.Id].Kind is JsonKind.String or JsonKind.Number;
        if (!hasId || _ids.FindOrAdd(StableHash.Of(row.Tape.Raw(row.Id)), file, line) is not { } same)
        {
            return;
        }

        if (same.File == file)
        {
            sink.Add(
                _idRepeated,
                row,
                row.Id,
                $"the id {Shown.Text(row.Tape, row.Id)} is at {Place(same.File, same.Line)} too"
            );
        }
    }

    private bool IsLeak(ushort other) => _isEvaluation && !_files[other].IsEvaluation;

    private string Place(ushort file, long line) => Invariant($"{_files[file].Name}:{line}");
}
