using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Findings;

/// <summary>Where rules put what they find: gives each finding its place, counts it and hands it on at once.</summary>
internal sealed class FindingSink(Action<Finding> receive, IReadOnlyDictionary<string, Severity?> overrides)
{
    private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
    private readonly long[] _bySeverity = new long[3];
    private readonly List<Finding> _ofRow = [];

    /// <summary>Findings by code.</summary>
    public IReadOnlyDictionary<string, long> ByCode => _byCode;

    /// <summary>The findings of the row at hand.</summary>
    public IReadOnlyList<Finding> OfRow => _ofRow;

    /// <summary>Whether the row at hand has an error.</summary>
    public bool RowHasError { get; private set; }

    /// <summary>How many findings of a severity there are.</summary>
    public long Count(Severity severity) => _bySeverity[(int)severity];

    /// <summary>Forgets the row before.</summary>
    public void BeginRow()
    {
        _ofRow.Clear();
        RowHasError = false;
    }

    /// <summary>Adds a finding about a token of the canonical row; token 0 is the row as a whole.</summary>
    public void Add(Rule rule, Row row, int token, string message, string? hint = null, Severity? severity = null)
    {
        (string path, int offset) = row.Place(token);
        Put(rule.Info, row, path, offset, message, hint, severity, withColumn: false);
    }

    /// <summary>Adds a finding about a token of the row as the file has it.</summary>
    public void AddSource(
        Rule rule,
        Row row,
        int token,
        string message,
        string? hint = null,
        Severity? severity = null
    ) =>
        Put(
            rule.Info,
            row,
            token == 0 ? "" : JsonPathText.Of(row.Source, token),
            row.Source.Count > 0 ? row.Source[token].Start : 0,
            message,
            hint,
            severity,
            withColumn: token > 0
        );

    /// <summary>Adds a finding about a byte of the row.</summary>
    public void AddAt(RuleInfo rule, Row row, string path, int offset, string message, string? hint = null) =>
        Put(rule, row, path, offset, message, hint, null, withColumn: true);

    /// <summary>Adds a finding about a file.</summary>
    public void AddFile(RuleInfo rule, string file, long line, string message, string? hint = null) =>
        Put(new Finding(rule.Code, rule.Severity, message, file, line) { Hint = hint ?? rule.Hint });

    private void Put(
        RuleInfo rule,
        Row row,
        string path,
        int offset,
        string message,
        string? hint,
        Severity? severity,
        bool withColumn
    )
    {
        (long line, int column) = TextPosition.Of(row.Record, offset);
        Put(
            new Finding(rule.Code, severity ?? rule.Severity, message, row.File, line)
            {
                Column = withColumn ? column : null,
                Path = path.Length > 0 ? path : null,
                Hint = hint ?? rule.Hint,
            }
        );
    }

    private void Put(Finding finding)
    {
        if (overrides.TryGetValue(finding.Code, out Severity? chosen))
        {
            if (chosen is null)
            {
                return;
            }

            finding = finding with { Severity = chosen.Value };
        }

        _byCode[finding.Code] = _byCode.GetValueOrDefault(finding.Code) + 1;
        _bySeverity[(int)finding.Severity]++;
        _ofRow.Add(finding);
        RowHasError |= finding.Severity == Severity.Error;
        receive(finding);
    }
}
