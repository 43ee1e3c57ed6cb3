// Folder Validation: runs the rules over files, and fixes rows.
// Refuses to know: how a format is read, what is trained.
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation;

/// <summary>
/// Looks at every row of some files once and hands every finding on as it is found. Memory is one row's tokens and what
/// the rules remember, whatever the files' length.
/// </summary>
public sealed class Validator
{
    private readonly ValidationOptions _options;
    private readonly Rule[] _rules;
    private readonly Rule[] _textRules;
    private readonly Rule[] _pairRules;
    private readonly FindingSink _sink;
    private readonly Row _row;
    private readonly Row _rejected;
    private bool _isPair;
    private long _rows;
    private long _next;
    private readonly RowFixer _fixer;
    private readonly DuplicateSearch _duplicates;
    private ReadOnlyMemory<byte> _accepted;
    private readonly Dictionary<string, long> _formats = new(StringComparer.Ordinal);

    // Those that were read to their end.
    private readonly HashSet<string> _wholeFiles = new(StringComparer.Ordinal);

    /// <param name="options">The choices.</param>
    /// <param name="receive">Gets each finding, in the order of the rows.</param>
    public Validator(ValidationOptions options, Action<Finding> receive)
    {
        _options = options;
        Rule[] active =
        [
            .. Catalogue
                .Create(options.Model, options.Target, options.Evaluation)
                .Where(rule => !options.Findings.Ignored.Contains(rule.Info.Code))
                .Where(rule => rule.Info.Code[3] != '7' || options.Target is not null)
                .Where(rule => !options.CoreOnly || rule.Info.Code[3] is < '4' or '6' or '7'),
        ];
        _textRules = [.. active.Where(rule => Overrides(rule, nameof(Rule.CheckText)))];
        _rules = [.. active.Where(rule => Overrides(rule, nameof(Rule.Check)))];
        _pairRules = [.. active.Where(rule => Overrides(rule, nameof(Rule.CheckPair)))];
        int maxTokens = JsonTape.MostTokens(options.MaxRowBytes);
        _row = new Row(maxTokens);
        _rejected = new Row(maxTokens);
        _fixer = new RowFixer(maxTokens);
        _sink = new FindingSink(receive, options.Findings);
        _duplicates = new DuplicateSearch(options.Duplicates, options.Similarity, options.Evaluation.Count > 0);
    }

    /// <summary>Reads the files in order.</summary>
    /// <exception cref="MttException">There is no such file; or one cannot be read and <see cref="ValidationOptions.Unreadable"/> is not set.</exception>
    public ValidationSummary Run(IEnumerable<string> paths)
    {
        ValidationSummary summary = new();
        List<string> files = [.. paths];
        foreach (string path in files.Concat(_options.Evaluation))
        {
            if (_options.Opener is null)
            {
                InputStream.CheckExists(path);
            }
        }

        if (_options.Shard.Count > 1)
        {
            _rows = ConversationBatch.CountRows(files.Concat(_options.Evaluation));
            // What is found before the first row is the first part's.
            _sink.IsSilent = _options.Shard.Index > 0;
        }

        foreach (string path in files)
        {
            File(path, isEvaluation: false, summary);
        }

        foreach (string path in _options.Evaluation)
        {
            File(path, isEvaluation: true, summary);
        }

        summary.Notes.AddRange(_duplicates.Limits());
        foreach ((string format, long rows) in _formats)
        {
            summary.Formats[format] = rows;
        }

        summary.ByCode = _sink.ByCode;
        summary.Errors = _sink.Count(Severity.Error);
        summary.Warnings = _sink.Count(Severity.Warning);
        summary.Infos = _sink.Count(Severity.Info);
        summary.Known = _sink.Known;
        summary.Gone = _options.Findings.Baseline?.LeftIn(_wholeFiles) ?? 0;
        return summary;
    }

    private static bool Overrides(Rule rule, string method) =>
        rule.GetType().GetMethod(method)!.DeclaringType != typeof(Rule);

    private void File(string path, bool isEvaluation, ValidationSummary summary)
    {
        string name = path == "-" ? "(stdin)" : path;
        summary.Inputs.Add((name, IsRead: !summary.Stopped));
        if (summary.Stopped)
        {
            return;
        }

        _sink.BeginFile(name);
        try
        {
            Read(path, isEvaluation, summary);
            if (!summary.Stopped)
            {
                _wholeFiles.Add(name);
            }
        }
        catch (MttException problem) when (_options.Unreadable is { } tell)
        {
            string prefix = $"{path}: ";
            string message = problem.Message.StartsWith(prefix, StringComparison.Ordinal)
                ? problem.Message[prefix.Length..]
                : problem.Message;
            _sink.BeginRow();
            _sink.AddFile(Catalogue.Get("MTT014"), name, 1, message, problem.Remedy);
            tell(problem);
        }

        foreach (Rule rule in _rules.Union(_textRules))
        {
            rule.EndFile(name, _sink);
        }
    }

    private void Read(string path, bool isEvaluation, ValidationSummary summary)
    {
        using IRecordSource source = _options.Opener?.Invoke(path) ?? RecordSources.Open(path, _options.MaxRowBytes);
        summary.Files++;
        _duplicates.BeginFile(source.File, isEvaluation);
        bool any = false;
        while (source.TryRead(out SourceRecord record))
        {
            BeginRow(record);
            _row.Begin(source.File, record);
            bool isRow = Examine(record, summary);
            _sink.EndRow();
            any |= isRow;
            if (isRow && !_sink.IsSilent)
            {
                summary.Rows++;
                summary.Messages += _row.Messages.Length;
                summary.BadRows += _sink.RowHasError ? 1 : 0;
                HandOver(record);
            }

            if (_options.MaxErrors > 0 && _sink.Count(Severity.Error) >= _options.MaxErrors)
            {
                summary.Stopped = true;
                break;
            }
        }

        summary.Bytes += source.BytesRead;
        _sink.BeginRow();
        if (!any)
        {
            _sink.AddFile(Catalogue.Get("MTT012"), source.File, 1, "the file holds no rows");
        }
    }

    // What is found of a file after its last row belongs to the part that has this row.
    private void BeginRow(in SourceRecord record)
    {
        _sink.BeginRow();
        if (_options.Shard.Count > 1 && (record.Flags & RecordFlags.Blank) == 0)
        {
            _sink.IsSilent = !_options.Shard.Holds(_next++, _rows);
        }
    }

    private void HandOver(in SourceRecord record)
    {
        if (_sink.RowHasError)
        {
            _options.Reject?.Invoke(record.Bytes, record.Line, _sink.OfRow);
        }
        else
        {
            _options.Accept?.Invoke(_accepted);
            _options.AcceptRow?.Invoke(_row);
        }
    }

    /// <summary>Repairs the scanned row and looks at the repaired one from here on.</summary>
    private void Repair(ValidationSummary summary)
    {
        ReadOnlyMemory<byte> repaired = _fixer.Fix(_row.Source);
        if (_fixer.Names.Count == 0)
        {
            return;
        }

        foreach (string name in _sink.IsSilent ? [] : _fixer.Names)
        {
            summary.Fixes[name] = summary.Fixes.GetValueOrDefault(name) + 1;
        }

        _accepted = repaired;
        if (!_row.Source.Scan(repaired))
        {
            throw new InvalidOperationException($"a repair broke the row: {_row.Source.Problem!.Message}");
        }
    }

    /// <summary>Looks at one record.</summary>
    /// <returns>Whether it is a row: blank lines are not.</returns>
    private bool Examine(in SourceRecord record, ValidationSummary summary)
    {
        // 1. What the file shows before it is JSON.
        _accepted = record.Bytes;
        if ((record.Flags & RecordFlags.ByteOrderMark) != 0)
        {
            _sink.AddAt(Catalogue.Get("MTT003"), _row, "", 0, "the file begins with a byte order mark");
        }

        if (RecordProblem.Of(record, _options.MaxRowBytes) is { } problem)
        {
            _sink.AddAt(Catalogue.Get(problem.Code), _row, "", 0, problem.Message);
            return problem.IsRow;
        }

        if ((record.Flags & RecordFlags.NoComma) != 0)
        {
            const string text = "no comma parts this element from the one before";
            const string hint = "Add the comma, or write the file again with a JSON library.";
            _sink.AddAt(Catalogue.Get("MTT001"), _row, "", 0, text, hint);
        }

        // 2. The JSON.
        if (!_row.Source.Scan(record.Bytes))
        {
            Syntax(record);
            return true;
        }

        if (_options.Fix)
        {
            Repair(summary);
        }

        if (_row.Source.NonAscii && !Utf8.IsValid(_row.Source.Text.Span))
        {
            Encoding();
        }

        foreach (Rule rule in _textRules)
        {
            rule.CheckText(_row, _sink);
        }

        // 3. The conversation.
        if (Load(record))
        {
            CheckConversation(record);
        }

        return true;
    }

    private void CheckConversation(in SourceRecord record)
    {
        if (_isPair)
        {
            _sink.BeginPair();
        }

        foreach (Rule rule in _rules)
        {
            rule.Check(_row, _sink);
        }

        if (_isPair)
        {
            CheckPair(record);
        }
        else
        {
            _duplicates.Check(_row, _sink);
        }
    }

    /// <summary>Looks at the rejected side, and at both together. Pairs often share a side: they are not searched for duplicates.</summary>
    private void CheckPair(in SourceRecord record)
    {
        _rejected.Begin(_row.File, record);
        _rejected.Source.Scan(_row.Source.Text);
        if (_rejected.Load(_options.Conversion with { Preference = PreferenceSide.Rejected }) is { } refusal)
        {
            Refuse(_rejected, refusal);
            return;
        }

        _sink.BeginSecondSide();
        foreach (Rule rule in _rules.Where(rule => !rule.JudgesAnswers))
        {
            rule.Check(_rejected, _sink);
        }

        _sink.EndSides();
        foreach (Rule rule in _pairRules)
        {
            rule.CheckPair(_row, _rejected, _sink);
        }
    }

    /// <summary>Reads the row as a conversation.</summary>
    /// <returns>Whether it is one.</returns>
    private bool Load(in SourceRecord record)
    {
        Refusal? refusal = _row.Load(_options.Conversion);
        _isPair = _options.Pairs && refusal == PreferenceFormat.NeedsAChoice;
        if (_isPair)
        {
            refusal = _row.Load(_options.Conversion with { Preference = PreferenceSide.Chosen });
        }

        if (!_sink.IsSilent)
        {
            _options.ExplainFormat?.Invoke(_row.File, record.Line, Explain(refusal));
        }

        if (refusal is not null)
        {
            Refuse(_row, refusal);
            return false;
        }

        if (_row.HasTooManyCalls)
        {
            const string text = "the row has more tool calls, or more tools for its calls, than any conversation";
            _sink.AddAt(Catalogue.Get("MTT008"), _row, "", 0, text, "Split the row, or leave it out.");
            return false;
        }

        _formats[_row.Format!.Name] = _formats.GetValueOrDefault(_row.Format.Name) + (_sink.IsSilent ? 0 : 1);
        return true;
    }

    private void Refuse(Row row, Refusal refusal)
    {
        string message = row.Format is null ? refusal.Reason : $"{row.Format.Name} row: {refusal.Reason}";
        _sink.AddAt(
            Catalogue.Get(PreferenceFormat.OneSide(row.Source) == refusal ? "MTT604" : "MTT101"),
            row,
            refusal.Token == 0 ? "" : JsonPathText.Of(row.Source, refusal.Token),
            row.Source[refusal.Token].Start,
            message
        );
    }

    private string Explain(Refusal? refusal) =>
        _row.Format is null ? $"none: {refusal!.Reason}" : $"{_row.Format.Name}: {_row.Format.Reason(_row.Source)}";

    private void Syntax(in SourceRecord record)
    {
        JsonProblem problem = _row.Source.Problem!;
        bool nul = problem.Offset < record.Bytes.Length && record.Bytes.Span[problem.Offset] == 0;
        string code =
            problem.Kind == JsonProblemKind.Depth ? "MTT009"
            : problem.Kind == JsonProblemKind.Size ? "MTT008"
            : nul ? "MTT005"
            : "MTT001";
        (_, int column) = TextPosition.Of(record, problem.Offset);
        string place = Invariant($"column {column}: ");
        _sink.AddAt(
            Catalogue.Get(code),
            _row,
            JsonPathText.OfFailure(_row.Source),
            problem.Offset,
            place + problem.Message,
            problem.Hint
        );
    }

    private void Encoding()
    {
        int at = _row.Source.InvalidUtf8At();
        _sink.AddAt(
            Catalogue.Get("MTT007"),
            _row,
            _row.Source.PathAt(at),
            at,
            $"byte 0x{_row.Source.Text.Span[at]:X2} is not UTF-8 here"
        );
    }
}
