// Folder Findings: what a rule says of a row, with its place.
// Refuses to know: how findings are shown.
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Findings;

/// <summary>Where rules put what they find: gives each finding its place, counts it and hands it on at once.</summary>
internal sealed class FindingSink(Action<Finding> receive, FindingChoices choices)
{
    /// <summary>Findings of one code that are shown for one row; the others are counted.</summary>
    private const int MostOfARow = 100;

    private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
    private readonly long[] _bySeverity = new long[3];
    private readonly List<Finding> _ofRow = [];
    private readonly SortedDictionary<string, long> _codesOfRow = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ignoredHere = [];

    // Of a pair, what was found on its first side: the place, the code and the message, as hashes, for a row can have a million of them.
    private HashSet<(int Offset, int Code, int Message)>? _firstSide;
    private bool _isSecondSide;

    // What the row is known by in a baseline, when somebody first asks.
    private string? _subject;

    /// <summary>Findings by code.</summary>
    public IReadOnlyDictionary<string, long> ByCode => _byCode;

    /// <summary>Whether what is found now belongs to another part of the rows, and counts there.</summary>
    public bool IsSilent { get; set; }

    /// <summary>The findings of the row at hand.</summary>
    public IReadOnlyList<Finding> OfRow => _ofRow;

    /// <summary>Whether the row at hand has an error.</summary>
    public bool RowHasError { get; private set; }

    /// <summary>Findings that the baseline has, which are counted nowhere else.</summary>
    public long Known { get; private set; }

    /// <summary>How many findings of a severity there are.</summary>
    public long Count(Severity severity) => _bySeverity[(int)severity];

    /// <summary>Leaves out what is ignored in a file.</summary>
    public void BeginFile(string file)
    {
        _ignoredHere.Clear();
        foreach ((string pattern, IReadOnlyList<string> codes) in choices.IgnoredIn)
        {
            if (InputSearch.IsOf(pattern, file))
            {
                _ignoredHere.UnionWith(codes);
            }
        }
    }

    /// <summary>Forgets the row before.</summary>
    public void BeginRow()
    {
        _subject = null;
        _ofRow.Clear();
        _firstSide = null;
        _isSecondSide = false;
        _codesOfRow.Clear();
        RowHasError = false;
    }

    /// <summary>The row is a pair, and its first side comes now.</summary>
    public void BeginPair() => _firstSide = [];

    /// <summary>The pair's second side comes now: what both share was found already.</summary>
    public void BeginSecondSide() => _isSecondSide = true;

    /// <summary>The pair's sides are compared now.</summary>
    public void EndSides()
    {
        _firstSide = null;
        _isSecondSide = false;
    }

    /// <summary>Says how many findings of the row were only counted.</summary>
    public void EndRow()
    {
        if (_ofRow.Count < MostOfARow)
        {
            return;
        }

        foreach ((string code, long count) in _codesOfRow.Where(pair => pair.Value > MostOfARow).ToList())
        {
            Finding last = _ofRow.FindLast(finding => finding.Code == code)!;
            string message = Invariant($"and {count - MostOfARow:N0} more of these in this row");
            Hand(last with { Message = message, Path = null, Column = null });
        }
    }

    /// <summary>Adds a finding about a token of the canonical row; token 0 is the row as a whole.</summary>
    public void Add(Rule rule, Row row, int token, string message, string? hint = null, Severity? severity = null)
    {
        bool isRepeated = _firstSide is not null && IsRepeated(rule.Info, row.Place(token).Offset, message);
        if (!isRepeated && Counted(rule.Info, severity, row) is { } counted)
        {
            (string path, int offset) = row.Place(token);
            Hand(At(rule.Info, counted, row, path, offset, message, hint) with { Column = null });
        }
    }

    /// <summary>Adds a finding about a weight or a template variable.</summary>
    public void AddProblem(Rule rule, Row row, RowProblem problem)
    {
        string path = row.Place(problem.Token).Path;
        Add(rule, row, problem.Token, $"{path[(path.LastIndexOf('.') + 1)..]} {problem.Text}", problem.Hint);
    }

    /// <summary>Adds a finding about a token of the row as the file has it.</summary>
    public void AddSource(Rule rule, Row row, int token, string message, string? hint = null, Severity? severity = null)
    {
        int offset = row.Source.Count > 0 ? row.Source[token].Start : 0;
        bool isRepeated = _firstSide is not null && IsRepeated(rule.Info, offset, message);
        if (!isRepeated && Counted(rule.Info, severity, row) is { } counted)
        {
            string path = token == 0 ? "" : JsonPathText.Of(row.Source, token);
            Finding finding = At(rule.Info, counted, row, path, offset, message, hint);
            Hand(token > 0 ? finding : finding with { Column = null });
        }
    }

    /// <summary>Adds a finding about a byte of the row.</summary>
    public void AddAt(RuleInfo rule, Row row, string path, int offset, string message, string? hint = null)
    {
        if (Counted(rule, null, row) is { } counted)
        {
            Hand(At(rule, counted, row, path, offset, message, hint));
        }
    }

    /// <summary>Adds a finding about a file.</summary>
    public void AddFile(RuleInfo rule, string file, long line, string message, string? hint = null)
    {
        if (IsKnown(rule.Code, KnownFindings.Subject(Encoding.UTF8.GetBytes(file)), file))
        {
            return;
        }

        if (Counted(rule, null) is { } counted)
        {
            Hand(new Finding(rule.Code, counted, message, file, line) { Hint = hint ?? rule.Hint });
        }
    }

    /// <summary>Counts a finding about a row.</summary>
    /// <returns>Its severity; null when it is switched off, known, or one of many in the row.</returns>
    private Severity? Counted(RuleInfo rule, Severity? severity, Row row)
    {
        if (choices.Baseline is null && choices.Found is null)
        {
            return Counted(rule, severity);
        }

        _subject ??= KnownFindings.Subject(row.Record.Bytes.Span);
        bool isKnown = IsKnown(rule.Code, _subject, Invariant($"{row.File}:{row.Record.Line}"));
        return isKnown ? null : Counted(rule, severity);
    }

    /// <summary>Whether a finding on the second side of a pair is one of the first, whose beginning it shares.</summary>
    private bool IsRepeated(RuleInfo rule, int offset, string message)
    {
        (int, int, int) finding = (
            offset,
            rule.Code.GetHashCode(StringComparison.Ordinal),
            message.GetHashCode(StringComparison.Ordinal)
        );
        if (_isSecondSide)
        {
            return _firstSide!.Contains(finding);
        }

        _firstSide!.Add(finding);
        return false;
    }

    private bool IsKnown(string code, string subject, string place)
    {
        if (IsIgnored(code))
        {
            return false;
        }

        choices.Found?.Add(code, subject, place);
        bool known = choices.Baseline?.Take(code, subject) ?? false;
        Known += known ? 1 : 0;
        return known;
    }

    private bool IsIgnored(string code) => choices.Ignored.Contains(code) || _ignoredHere.Contains(code);

    private Severity? Counted(RuleInfo rule, Severity? severity)
    {
        if (IsSilent || IsIgnored(rule.Code))
        {
            return null;
        }

        Severity counted = severity ?? rule.Severity;
        _byCode[rule.Code] = _byCode.GetValueOrDefault(rule.Code) + 1;
        _bySeverity[(int)counted]++;
        RowHasError |= counted == Severity.Error;
        long inRow = _codesOfRow.GetValueOrDefault(rule.Code) + 1;
        _codesOfRow[rule.Code] = inRow;
        return inRow <= MostOfARow ? counted : null;
    }

    private static Finding At(
        RuleInfo rule,
        Severity severity,
        Row row,
        string path,
        int offset,
        string message,
        string? hint
    )
    {
        (long line, int column) = TextPosition.Of(row.Record, offset);
        return new Finding(rule.Code, severity, message, row.File, line)
        {
            Column = column,
            Path = path.Length > 0 ? path : null,
            Hint = hint ?? rule.Hint,
        };
    }

    private void Hand(Finding finding)
    {
        _ofRow.Add(finding);
        receive(finding);
    }
}
